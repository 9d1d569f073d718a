# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_test Footprint.*
s/(split ? 2 : 0)/(split ? 0 : 0)/
