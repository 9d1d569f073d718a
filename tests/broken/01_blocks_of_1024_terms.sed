# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Contract.*
s/k_block = 512;/k_block = 1024;/
