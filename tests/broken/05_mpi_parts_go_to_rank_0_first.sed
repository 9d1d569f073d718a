# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test MpiCollectivesTest.NoRankIsEverybodysFirst*
/::sum_parts/,/^}/s|const int to = (rank_ + step) % ranks_;|const int to = step - (step <= rank_);|
