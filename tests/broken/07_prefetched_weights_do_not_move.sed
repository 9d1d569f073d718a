# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.*
s|  device_.meanwhile = \[&g\].*||
