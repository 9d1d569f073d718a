# chapters/05_collectives/calibrate.cpp 05_collectives_cost_test Calibrate.AllRanksAgree
s/in, n, left, comm_)/in, n, left, MPI_COMM_WORLD)/
