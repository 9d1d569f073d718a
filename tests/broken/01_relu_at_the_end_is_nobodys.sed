# chapters/01_serial/mlp.cpp 03_fast_kernels_masked_test *NetworkThatMasks*
s/(!masked || l + 1 == depth())/!masked/
