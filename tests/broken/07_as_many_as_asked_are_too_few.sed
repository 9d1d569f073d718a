# chapters/07_sharded_optimizer/shards.cpp 07_sharded_optimizer_test Shards.UnitsAreWhole*
s/range.size() < smallest/range.size() <= smallest/
