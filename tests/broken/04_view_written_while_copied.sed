# chapters/04_point_to_point/device_transfer.cpp 04_point_to_point_test DeviceTransfer.ManyMessages*
s/^  device.synchronize();  .. what arrived.*$//
