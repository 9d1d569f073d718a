# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/r = next < rows - 4 ? next : rows - 4;/r = next < rows - 4 ? next : next \/ 8 * 4;/
