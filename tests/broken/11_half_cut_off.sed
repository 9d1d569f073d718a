# chapters/11_fewer_bits/sixteen_bits.h 11_fewer_bits_test SixteenBits.*
s/ - (112u << 23) + 0xfff + (magnitude >> 13 \& 1)) >> 13/ - (112u << 23)) >> 13/
