# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.*
s/  scale.adapt(finite);/  scale.adapt(all_finite(device_, sums_, shard_.size()));/
