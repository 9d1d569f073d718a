# chapters/11_scaling/simulated_mpi.cpp 11_scaling_test Messages.ArriveWhole
s/waiting.memory = nullptr;/waiting.copy.assign(bytes, 0);\n      waiting.memory = nullptr;/
