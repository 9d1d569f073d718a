# chapters/04_point_to_point/overlap.cpp 04_point_to_point_tables_test Overlap.*
s|times.push_back(std::max(mine, other));|times.push_back(std::min(mine, other));|
