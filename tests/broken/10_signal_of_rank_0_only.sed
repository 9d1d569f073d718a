# chapters/10_hybrid/hybrid_model.cpp 10_hybrid_test EveryGrid.ASignal*
s/all\[parts + 1\] = signal != 0/all[parts + 1] = grid_.place == GridPlace{} \&\& signal != 0/
