# common/split.h common_test Split.Batches*
s|for (size_t first = 0; first < n; first += batch)|for (size_t first = 0; first + batch <= n; first += batch)|
