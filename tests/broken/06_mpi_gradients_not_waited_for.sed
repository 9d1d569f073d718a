# chapters/06_data_parallel/mpi_exchange.cpp 06_data_parallel_gpus_test *MpiFromTheGpus*
s|^  device_.synchronize();  // the gradients are there||
