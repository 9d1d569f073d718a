# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.*
s/row_results_.resize(2 \* size_t(rows));/row_results_.resize(size_t(rows));/
