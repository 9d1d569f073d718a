# chapters/11_fewer_bits/bf16_product.cpp 11_fewer_bits_instruction_test Vectors.*
s/  static void dot(Floats& sum, const Pairs& a, const Pairs& b) {/  static Floats zero() { return Floats{}; }\n&/
