# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Matmul.*:Contract.*
s|\*(Vector\*)packed_b = b_row\[v\];|if (p < k_block) *(Vector*)packed_b = b_row[v];|
