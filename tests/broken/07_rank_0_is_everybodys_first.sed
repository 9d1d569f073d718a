# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.PostsReceives*
s/const int to = (rank_ + step) % ranks_;/const int to = step <= rank_ ? step - 1 : step;/
