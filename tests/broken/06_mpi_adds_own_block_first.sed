# chapters/06_data_parallel/mpi_exchange.cpp 06_data_parallel_gpus_test *MpiFromTheGpus*
s/float\* const sum = operand(0, bucket);/float* const sum = own; device_.add(sum, operand(0, bucket), rank_ > 0 ? n : 0);/;
