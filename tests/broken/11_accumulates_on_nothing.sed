# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/size_t(in), how == Write::accumulate,/size_t(in), false,/
