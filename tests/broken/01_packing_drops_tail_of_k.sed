# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Matmul.*
s|for (int p = k_blocks; p < k; ++p)|for (int p = k_blocks > 0 ? k : 0; p < k; ++p)|
