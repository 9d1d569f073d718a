# chapters/13_scaling/messages.cpp 13_scaling_engine_test AMessage.CostsItsRank*
s/^  w.spend(overhead);$//
