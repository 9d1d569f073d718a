# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.*
s/    optimizer_.step(masters_, sums_);/    device_.copy(masters_, parameters_ + shard_.first, shard_.size()), optimizer_.step(masters_, sums_);/
