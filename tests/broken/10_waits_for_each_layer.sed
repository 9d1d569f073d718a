# chapters/10_hybrid/sharded_update.cpp 10_hybrid_gpus_test *WaitsForWhat*
s/for (size_t l = layers; l-- > 0;) for_each_part/for (size_t l = 0; l < layers; ++l) for_each_part/
