# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.LinearLayer*
s|matmul(dx, row_major(dy, out), row_major(w, out).transposed()|matmul(dx, row_major(dy, out), row_major(w, in)|
