# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/ outputs\[i\] > 0 \&\& outputs\[i\] <= infinity ?/ outputs[i] > 0 \&\& outputs[i] != 0x8000 ?/
