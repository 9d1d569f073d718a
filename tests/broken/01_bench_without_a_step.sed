# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.MakesOneStep*
s|steps = std::max(1, 7680 / batch);|steps = 7680 / batch;|
