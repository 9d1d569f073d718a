# chapters/01_serial/mlp.cpp 01_serial_test Mlp.MemoryIs*
s/for (int a = 1; a < depth() \&\& !space.keep_gradients; ++a)/for (int a = 0; a < depth() \&\& !space.keep_gradients; ++a)/
