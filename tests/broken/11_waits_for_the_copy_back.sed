# chapters/11_fewer_bits/sixteen_bit_exchange.cpp 11_fewer_bits_messages_test Exchange.WaitsFor*
s/^  device_.end_copy_in(gradients_, n);/&\n  device_.synchronize();/
