# chapters/07_sharded_optimizer/zero_in_sixteen_bits.cpp 11_fewer_bits_masters_test Masters.StepAs*
s/^  bool begun = !first_round_;/  bool begun = false;/
