# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|(theirs.first - unit.first), theirs.size()|(theirs.first - unit.first - (theirs.first > unit.first)), theirs.size()|
