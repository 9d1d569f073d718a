# chapters/11_fewer_bits/stored_weights.cpp 11_fewer_bits_test Weights.*
s/^  ++step_;/  ;/
