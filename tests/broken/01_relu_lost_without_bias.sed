# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Matmul.EveryFinish*
s|!bias && finish.activation == Activation::none && finish.write|!bias \&\& finish.write|
