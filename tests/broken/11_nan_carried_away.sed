# chapters/11_fewer_bits/sixteen_bits.h 11_fewer_bits_test SixteenBits.*
s/(u \& 0x7fffffff) > 0x7f800000 ? nan : nearest/nearest/
