# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/v\[1\], 1, 3, 5, 7)/v[1], 5, 7, 1, 3)/
