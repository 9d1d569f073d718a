# chapters/01_serial/cpu_device.cpp 01_serial_device_test Device.UpdateRules*
s|const float correction2 = float(1 - std::pow(double(beta2), step));|const float correction2 = 1 + 0 * beta2 * float(step);|
