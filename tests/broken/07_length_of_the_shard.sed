# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.Clips*
s/^  sum_over_ranks(sum, comm_);//
