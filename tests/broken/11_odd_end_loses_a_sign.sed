# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/i, m, k, 0x8000);/i, m, k, 0);/
