# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *AddsInRankOrder*
s/const float x = r == rank ? own\[i\]/const float x = r == 0 ? own[i]/
