# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_test TwoLevels.Add*
s|two_level_floats(shards.largest_unit(), nodes, place.data)|size_t{0}|
