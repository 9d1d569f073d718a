# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Matmul.*:Contract.*
s|const size_t down = in_place == InPlace::a ? a.row_step : 1|const size_t down = in_place == InPlace::a \&\& width == 2 ? a.row_step : 1|
