# common/dataset.cpp common_test DatasetTest.*
s|labels.data\[i\] >= Dataset::classes|labels.data[i] > Dataset::classes|
