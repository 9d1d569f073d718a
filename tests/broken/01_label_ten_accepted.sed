# common/dataset.cpp common_test DatasetTest.*
s|labels.data\[i\] >= classes|labels.data[i] > classes|
