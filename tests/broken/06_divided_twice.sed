# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_test EveryAllreduce.*
s|MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss|device_.scale(gradients_, 1.0f / float(ranks_), mlp_.layout().count); &|
