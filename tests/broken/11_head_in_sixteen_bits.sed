# chapters/01_serial/mlp.cpp 11_fewer_bits_test *FewerBits.*
s/return has_head ? floats(width) : activation(width);/return activation(width);/
