# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *Allgather*
/^void MpiCollectives::allgather/,/^}/s/messages_.wait();/messages_.progress();/
