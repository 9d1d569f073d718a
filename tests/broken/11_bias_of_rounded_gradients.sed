# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/linear_backward_bias(db, floats(/linear_backward_bias(db, operand(/
