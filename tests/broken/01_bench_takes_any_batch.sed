# chapters/01_serial/bench.cpp 01_serial_tables_test Bench.SaysWhat*
s|^  if (!all_products) require_samples(data, o.batch);|  ;|
