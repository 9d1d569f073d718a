# chapters/11_fewer_bits/sixteen_bit_sum.cpp 11_fewer_bits_messages_test Sum.*
s/if (how == SumIn::floats) continue;/continue;/
