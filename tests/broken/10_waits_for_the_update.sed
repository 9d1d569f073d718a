# chapters/10_hybrid/sharded_update.cpp 10_hybrid_gpus_test *WaitsForWhat*
s/if (ranks_ > 1 \&\& !between_gpus()) copy_out_weights();/device_.synchronize(); &/
