# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Communicators.*
s/attributes\[{comm, world().rank(), key}\]/attributes[{comm, 0, key}]/
