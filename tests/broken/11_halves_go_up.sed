# chapters/11_fewer_bits/sixteen_bits.h 11_fewer_bits_test SixteenBits.*
s/nearest = u + 0x7fff + (u >> 16 \& 1);/nearest = u + 0x8000;/
