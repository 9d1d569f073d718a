# chapters/11_fewer_bits/loss_scale.cpp 11_fewer_bits_test Scale.*
s/good_ = finite ? good_ + 1 : 0;/good_ += finite;/
