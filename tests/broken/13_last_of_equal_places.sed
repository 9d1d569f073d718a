# chapters/13_scaling/datatypes.cpp 13_scaling_collectives_test Collectives.CombineTheir*
s/b\[i\].place < a\[i\].place/b[i].place > a[i].place/
