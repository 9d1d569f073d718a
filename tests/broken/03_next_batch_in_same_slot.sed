# chapters/03_fast_kernels/prefetch.h 03_fast_kernels_test FastTest.Prefetch*
s|return int(part % 2);|return int(part % 1);|
