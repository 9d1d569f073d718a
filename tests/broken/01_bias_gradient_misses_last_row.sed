# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.LinearLayer*
s|for (int r = 0; r < rows; ++r, dy += out)|for (int r = 0; r + 1 < rows; ++r, dy += out)|
