# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Footprint.*
s|: two_level_floats(unit, nodes_, rank_);|: 0;|
