# chapters/04_point_to_point/halving.cpp 04_point_to_point_test HalvingTest.*
s|completed.size() / size_t(eta_)|(completed.size() + 1) / size_t(eta_)|
