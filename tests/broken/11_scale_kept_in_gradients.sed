# chapters/11_fewer_bits/loss_scale.cpp 11_fewer_bits_test Scale.*
s/if (finite && scale_ != 1) device.scale(gradients, float(1 \/ scale_), n);//
