# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *AddsInRankOrder*
s/^    wait_for_gpu();$//
