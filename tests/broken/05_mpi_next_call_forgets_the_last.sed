# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *Ranges*
/^void MpiCollectives::wait_for_gpu/,/^}/s/^  finish();$//
