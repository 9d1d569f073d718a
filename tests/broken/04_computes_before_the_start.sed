# chapters/04_point_to_point/overlap.cpp 04_point_to_point_tables_test Overlap.*
s/exchange.start(), compute(pieces), exchange.wait(); });/compute(pieces), exchange.start(), exchange.wait(); });/
