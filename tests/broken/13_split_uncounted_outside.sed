# chapters/13_scaling/simulated_collectives.cpp 13_scaling_corners_test Communicators.*
s/const int number = p.c.splits\[size_t(p.rank)\]++;/const int number = color == MPI_UNDEFINED ? 0 : p.c.splits[size_t(p.rank)]++;/
