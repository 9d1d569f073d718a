# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.Softmax*
s|sum\[r\] += std::exp(z\[j\] - maximum\[r\])|sum[r] += std::exp(z[j])|
