# chapters/04_point_to_point/overlap.cpp 04_point_to_point_tables_test Overlap.OnlyRank0*
s/measure(exchange, tests, int(rounds))/measure(exchange, tests, 9)/
