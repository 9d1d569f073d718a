# chapters/03_fast_kernels/prefetch.cpp 03_fast_kernels_test FastTest.Prefetch*
s|mlp_.device().synchronize();  // the first.*||
