# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/  format_.narrow(narrow_.data(), p, n);/  return p;/
