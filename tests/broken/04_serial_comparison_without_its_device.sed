# chapters/04_point_to_point/serial_run.cpp 04_point_to_point_tables_test RunSerially.*
s|^  device.synchronize();||
