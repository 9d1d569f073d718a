# chapters/11_fewer_bits/sharded_masters.cpp 11_fewer_bits_masters_test Masters.Agree*
s/float(1 \/ scale.value()), own(u));/1.0f, own(u));/
