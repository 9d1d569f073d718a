# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Clips*
s/layer.split == Split::rows \&\& clipping_.slice > 0/false/
