# chapters/11_fewer_bits/fewer_bits_device.cpp 11_fewer_bits_test *FewerBits.*
s/format_.widen(host_view(p, n), /format_.widen(stored(p)->view.data(), /
