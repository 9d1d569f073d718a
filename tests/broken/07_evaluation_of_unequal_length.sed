# chapters/07_sharded_optimizer/together.cpp 07_sharded_optimizer_test Zero.*
s|call < calls(longest); ++call|call < calls(mine); ++call|
