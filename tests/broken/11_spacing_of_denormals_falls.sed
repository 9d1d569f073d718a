# chapters/11_fewer_bits/formats.h 11_fewer_bits_test Formats.*
s/std::max(std::ilogb(x), f.smallest_exponent())/std::ilogb(x)/
