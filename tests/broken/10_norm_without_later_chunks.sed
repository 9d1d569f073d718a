# chapters/10_hybrid/sharded_update.cpp 10_hybrid_test EveryGrid.ClipsThe*
s/= pipeline_.layout().offsets\[c\] + (copy_of_bias/= (copy_of_bias/
