# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Contract.Accumulate*:Matmul.*
s|finish.activation == Activation::none \&\& finish.write == Write::overwrite;|finish.activation == Activation::none;|
