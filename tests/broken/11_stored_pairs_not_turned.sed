# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/  return (Four)(v << 16 | v >> 16);/  return (Four)v;/
