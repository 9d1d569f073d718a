# chapters/01_serial/matmul_3_packed.cpp 01_serial_device_test Contract.AnElement*
s|for (int first = 0; first < k; first += k_block) {|for (int first = 0, k_block = height * 32; first < k; first += k_block) {|
