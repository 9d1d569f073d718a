# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_test EveryGrid.Counts*
s/ || grid_.place.tensor > 0) correct = 0/) correct = 0/
