# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/c\[j\] = uint16_t(upper(floats\[j\]) >> 16);/{ uint32_t u; std::memcpy(\&u, floats + j, 4); c[j] = uint16_t(u >> 16); }/
