# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.MayHaveSlices*
s/make_units(layout.chunks\[chunk\], 0)/make_units(layout.chunks[chunk], 1)/
