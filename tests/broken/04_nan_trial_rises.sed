# chapters/04_point_to_point/halving.cpp 04_point_to_point_test HalvingTest.*
s|return std::isnan(right) ? !std::isnan(left) : left > right;|return !(left <= right);|
