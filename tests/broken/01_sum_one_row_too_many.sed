# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.OperationsStay*
/^void CpuDevice::add(/,/^}/s|i < n|i <= n|
