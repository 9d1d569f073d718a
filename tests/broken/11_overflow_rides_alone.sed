# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.*
s/all_finite(device_, sums_, shard_.size()) ? 0.0 : 1.0/0.0/
