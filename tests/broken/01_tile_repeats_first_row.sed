# chapters/01_serial/matmul_2_register_tile.cpp 01_serial_device_test Matmul.*
s|a_row\[r\] = a.data + size_t(std::min(r, rows - 1)) \* a.row_step|a_row[r] = a.data + size_t(r < rows - 1 ? r : 0) * a.row_step|
