# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Mistakes.AFailedCall*
s/std::to_string(line) + ": " + call + ": error " + std::to_string(error)/std::to_string(error) + ": " + call + ": error " + std::to_string(line)/
