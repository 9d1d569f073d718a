# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test MpiCollectivesTest.NoRankIsEverybodysFirst*
s|send(data, count, (rank_ + step) % ranks_)|send(data, count, (rank_ - step + ranks_) % ranks_)|
