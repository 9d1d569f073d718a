# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *Parts*
/^void MpiCollectives::spread_parts/,/^}/s/messages_.wait();/messages_.progress();/
