# common/philox.h common_test Philox.*
s|round < 10|round < 9|
