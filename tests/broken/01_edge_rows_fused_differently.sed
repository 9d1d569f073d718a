# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Contract.AnElement*
s|sum\[r\]\[v\] += a_column\[size_t(r) \* down\] \* b_row\[v\];|sum[r][v] += height == tile_rows ? a_column[size_t(r) * down] * b_row[v] : a_column[size_t(r) * down] * (b_row[v] * 0.5f) * 2.0000002f;|
