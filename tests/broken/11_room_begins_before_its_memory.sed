# chapters/11_fewer_bits/bf16_product.cpp 11_fewer_bits_instruction_test Pairs.InOrdinaryArithmetic*
s/~uintptr_t{63}/~uintptr_t{64}/
