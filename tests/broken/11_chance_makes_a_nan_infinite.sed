# chapters/11_fewer_bits/sixteen_bits.h 11_fewer_bits_test Stochastic.TheBitsOfBf16FollowTheDefinition
s/if (!std::isfinite(x)) return bf16_bits(x);/if (std::isinf(x)) return bf16_bits(x);/
