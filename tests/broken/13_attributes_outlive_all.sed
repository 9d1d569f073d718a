# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Communicators.*
s/^  for (int key = 0; key < int(forgetters.*//
