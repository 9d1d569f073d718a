# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *ASumOfABlockGoesOn*
s/float result = goes_on ? sum\[i\] : 0.0f;/float result = 0.0f;/
