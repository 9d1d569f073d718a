# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *MemoryIs*
s|^  received_ = {};||
