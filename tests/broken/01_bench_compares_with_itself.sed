# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.*OpenBlas*
s/other(openblas ? \*openblas : ours,/other(ours,/
