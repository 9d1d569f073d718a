# chapters/11_fewer_bits/stored_weights.cpp 11_fewer_bits_test Weights.*
s/format_(how == "master" ? nullptr : format)/format_(format)/
