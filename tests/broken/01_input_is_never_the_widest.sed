# chapters/01_serial/layout.cpp 01_serial_test Layout.Windows*
s/std::max({widest, layer.in, layer.out})/std::max({widest, layer.out})/
