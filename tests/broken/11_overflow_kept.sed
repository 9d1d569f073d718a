# chapters/11_fewer_bits/loss_scale.cpp 11_fewer_bits_test Scale.*
s/return finite;/return true;/
