# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/(bits_of(\*x) \& 0xffff0000u) | bits_of(p + 1 < k ? x\[a.column_step\] : behind) >> 16/bits_of(*x) >> 16 | (bits_of(p + 1 < k ? x[a.column_step] : behind) \& 0xffff0000u)/
