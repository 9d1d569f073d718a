# chapters/13_scaling/messages.cpp 13_scaling_engine_test ALongMessage.GoesOn*
s/std::exchange(simulated_mpi().need\[size_t(rank)\], {})/std::vector<int>(size_t(0 * rank))/
