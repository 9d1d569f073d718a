# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.Agree*
s/{loss, found_finite ? 0.0 : 1.0}/{loss, 0.0}/
