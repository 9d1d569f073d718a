# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.WorksWhere*
s|^  if (operands_are_read_ .* device_.synchronize();||
