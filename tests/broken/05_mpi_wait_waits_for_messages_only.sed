# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *WaitsForTheSum*
/^void MpiCollectives::wait() {/,/^}/s|^  device_.synchronize();||
