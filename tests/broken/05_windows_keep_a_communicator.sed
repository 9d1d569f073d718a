# chapters/05_collectives/gpu_collectives.cpp 05_collectives_peer_test *GiveTheir*
s|{ MPI_CHECK(MPI_Comm_free(&comm_)); }|{}|
