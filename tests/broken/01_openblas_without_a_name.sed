# chapters/01_serial/openblas_device.cpp 01_serial_tables_test Bench.TakesOpenBlas*
s/core_name ? core_name() : "an unknown processor"/core_name()/
