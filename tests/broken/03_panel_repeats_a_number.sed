# chapters/03_fast_kernels/panel.cuh 03_fast_kernels_products_test *Step6*
s|panel\[at.p + 3\]\[at.i\] = four.w;|panel[at.p + 3][at.i] = four.z;|
