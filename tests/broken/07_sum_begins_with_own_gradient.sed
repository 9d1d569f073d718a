# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test EveryRule.*
s|first_round_ ? operand(contributors_.front(), u) : total|first_round_ ? operand(rank_, u) : total|
