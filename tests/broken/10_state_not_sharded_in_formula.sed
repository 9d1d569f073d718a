# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_test Footprint.*
s/\.optimizer = 4 \* shards.size(place.data) \*/.optimizer = 4 * layout.count */
