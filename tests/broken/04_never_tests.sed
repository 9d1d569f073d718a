# chapters/04_point_to_point/overlap.cpp 04_point_to_point_tables_test Overlap.*
s/^      exchange.test();/      ;/
