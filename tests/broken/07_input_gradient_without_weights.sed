# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.HasTheWeights*
s/ || mlp_.space().input_gradient//
