# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.Agree*
s/  scale.adapt(finite);/  scale.adapt(found_finite);/
