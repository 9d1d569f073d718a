# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_test EveryGrid.TakesTheWeights*
s/if (s\.place < whole\.size())/if (s.place <= whole.size())/
