# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/ : u + 0x7fff + (u >> 16 \& 1)) \& 0xffff0000;/ : u) \& 0xffff0000;/
