# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/    std::memcpy(floats + j, \&bits, sizeof bits);/    floats[j] = float(bits * 0u);/
