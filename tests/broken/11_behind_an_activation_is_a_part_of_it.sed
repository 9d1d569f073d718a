# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_instruction_test Device.*
s/if (p < static_cast<const uint16_t\*>(begin) + it.n)/if (p <= static_cast<const uint16_t*>(begin) + it.n)/
