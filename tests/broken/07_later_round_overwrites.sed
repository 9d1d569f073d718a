# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|first_round_ = first_round_ \&\& rows(m).empty();|first_round_ = true;|
