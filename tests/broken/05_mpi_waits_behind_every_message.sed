# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *Formulas*
/^void MpiCollectives::finish/,/^}/s/rest();$/rest(), device_.synchronize();/
