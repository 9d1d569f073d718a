# chapters/01_serial/mlp.cpp 01_serial_test Mlp.MemoryIs*
s|space.keep_every) widest = std::max(widest|space.keep_every) widest = std::min(widest|
