# chapters/03_fast_kernels/panel.cuh 03_fast_kernels_test *Step6*
s|panel\[p + 3\]\[i\] = four.w;|panel[p + 3][i] = four.z;|
