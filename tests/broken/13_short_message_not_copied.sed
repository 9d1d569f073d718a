# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.ArriveWhole
s/waiting.memory = nullptr;/waiting.copy.assign(bytes, 0);\n      waiting.memory = nullptr;/
