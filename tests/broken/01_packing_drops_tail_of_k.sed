# chapters/01_serial/matmul_3_packed.cpp 01_serial_test Matmul.*
s|for (int p = r < row_blocks ? k_blocks : 0; p < k; ++p)|for (int p = r < row_blocks ? k : 0; p < k; ++p)|
