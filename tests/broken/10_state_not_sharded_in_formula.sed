# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_test Footprint.*
s/\.optimizer = 4 \* shard \*/.optimizer = 4 * layout.count */
