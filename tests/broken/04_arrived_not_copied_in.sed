# chapters/04_point_to_point/device_transfer.cpp 04_point_to_point_test DeviceTransfer.*:Cases/Parity.*
s|  device.end_copy_in(p, n);||
