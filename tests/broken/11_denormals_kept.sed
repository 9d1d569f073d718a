# chapters/11_fewer_bits/flush_denormals.h 11_fewer_bits_test *FewerBits.*
s/if (flush) set(before_ | bits);//
