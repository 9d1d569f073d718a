# chapters/05_collectives/mpi_collectives.cu 05_collectives_mpi_test *AddsInRankOrder*
s/: Blocks{count, ranks_}.size(rank_); }/: count \/ size_t(ranks_); }/
