# chapters/11_fewer_bits/loss_scale.cpp 11_fewer_bits_test Scale.*
s/if (finite) device.scale(gradients, float(1 \/ scale_), n);//
