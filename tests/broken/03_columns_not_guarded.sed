# chapters/03_fast_kernels/element.cuh 03_fast_kernels_products_test Steps/*
s/if (row >= m || column >= n) return;/if (row >= m) return;/
