# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Matmul.*:Contract.*
s|for (int p = 0, r = std::min(next, rows - 4); p < k_blocks; p += 4)|for (int p = 0, r = std::min(next, 4); p < k_blocks; p += 4)|
