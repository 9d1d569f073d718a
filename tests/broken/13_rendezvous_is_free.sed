# chapters/13_scaling/simulated_mpi.cpp 13_scaling_engine_test AMessage.TakesItsAlpha*
s/const double spoken = .*/const double spoken = 0;/
