# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.Stays*
s/if (sum) device_.add(sum, part, n);/if (sum) continue;/
