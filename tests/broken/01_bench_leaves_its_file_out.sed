# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.PrintsWhatTheClockSaysWithoutOpenBlas
s/{int(o\.batch)}, peak, openblas\.get(), csv/{int(o.batch)}, peak, openblas.get(), ""/
