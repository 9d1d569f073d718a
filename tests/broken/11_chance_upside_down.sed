# chapters/11_fewer_bits/sixteen_bits.h 11_fewer_bits_test Stochastic.*
s/(~word >> 16)/(word >> 16)/
