# chapters/13_scaling/datatypes.cpp 13_scaling_collectives_test Collectives.CombineTheir*
s/b\[i\].second < a\[i\].second/b[i].second > a[i].second/
