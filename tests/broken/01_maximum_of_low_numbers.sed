# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.Softmax*
s/maximum\[r\] = -std::numeric_limits<float>::infinity();/maximum[r] = 0;/
