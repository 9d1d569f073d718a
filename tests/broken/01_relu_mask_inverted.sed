# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.ReluAndItsMask
s|dy\[i\] = y\[i\] > 0|dy[i] = y[i] <= 0|
