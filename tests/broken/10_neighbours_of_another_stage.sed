# chapters/10_hybrid/grid.cpp 10_hybrid_test Grid.EveryRank*
s/pipeline_ = split(comm, rank_at({place.data, 0, place.tensor}, shape)/pipeline_ = split(comm, rank_at({0, 0, place.tensor}, shape)/
