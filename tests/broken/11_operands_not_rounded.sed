# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/  format_.round(values, p, n);/  return p;/
