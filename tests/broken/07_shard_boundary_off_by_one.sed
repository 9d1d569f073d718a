# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|(theirs.first - shards_.units\[u\].range.first), theirs.size()|(theirs.first - shards_.units[u].range.first - (to > 0)), theirs.size()|
