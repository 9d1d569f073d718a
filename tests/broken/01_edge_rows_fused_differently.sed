# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Contract.AnElement*
s|sum\[r\]\[v\] += a.data\[size_t(r) \* down\] \* b_row\[v\];|sum[r][v] += height == tile_rows ? a.data[size_t(r) * down] * b_row[v] : a.data[size_t(r) * down] * (b_row[v] * 0.5f) * 2.0000002f;|
