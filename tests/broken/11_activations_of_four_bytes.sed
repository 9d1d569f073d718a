# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/buffer(\*this, (n + 1) \/ 2, /buffer(*this, n, /
