# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test GpuCollectivesTest.*
/^void MpiCollectives::wait_for_gpu/,/^}/s/^  wait_for_operations(device_);$//
