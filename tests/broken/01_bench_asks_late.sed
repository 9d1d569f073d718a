# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.SaysWhat*
s|^  require_writable(csv);|  ;|
