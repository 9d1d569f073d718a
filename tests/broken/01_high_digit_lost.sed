# chapters/01_serial/gradient_norm.cpp 01_serial_gradient_norm_test SquareSum.*
s/digit\[2\] += int64_t(high >> 32);//
