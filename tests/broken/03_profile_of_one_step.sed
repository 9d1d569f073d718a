# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test *OnceIsEachStepOnce
s/row_major(a, edge), row_major(b, edge), edge, edge, edge, {});/row_major(a, edge), row_major(b, edge), edge, edge, 1, {});/
