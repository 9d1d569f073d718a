# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_buckets_test Overlap.GivesIts*
s|^  if (background_comm_ != MPI_COMM_NULL) MPI_Comm_free(&background_comm_);||
