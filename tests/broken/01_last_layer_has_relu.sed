# chapters/01_serial/layout.cpp 01_serial_test Layout.*
s|l + 1 < depth ? Activation::relu|l < depth ? Activation::relu|
