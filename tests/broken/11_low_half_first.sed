# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/  return upper(high) | upper(low) >> 16;/  return upper(low) | upper(high) >> 16;/
