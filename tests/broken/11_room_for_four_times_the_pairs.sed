# chapters/11_fewer_bits/bf16_product.cpp 11_fewer_bits_instruction_test Pairs.InOrdinary*
s/const size_t pairs = size_t(k + 1) \/ 2, padded/const size_t pairs = size_t(k + 1) * 2, padded/
