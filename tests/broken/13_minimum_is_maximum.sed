# chapters/13_scaling/datatypes.cpp 13_scaling_collectives_test Collectives.CombineTheir*
s/: std::min(a\[i\], b\[i\]);/: std::max(a[i], b[i]);/
