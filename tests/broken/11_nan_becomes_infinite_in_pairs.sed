# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.AreRounded*
s/  return ((u \& 0x7fffffff) > 0x7f800000 ? u | 0x400000 : u/  return ((u \& 0x7fffffff) > 0x7f800000 ? u : u/
