# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|MPI_Bcast(\&loss, 1, MPI_DOUBLE, schedule_.stages - 1, comm_)|MPI_Bcast(\&loss, 1, MPI_DOUBLE, 0, comm_)|
