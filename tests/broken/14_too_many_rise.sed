# chapters/14_search/halving.cpp 14_search_halving_test HalvingTest.*
s|completed.size() / size_t(eta_)|(completed.size() + 1) / size_t(eta_)|
