# common/dataset.cpp common_test DatasetTest.EveryDamage*
s/begin.size() >= 2 \&\& begin\[0\] == 0x1f/begin.size() > 2 \&\& begin[0] == 0x1f/
