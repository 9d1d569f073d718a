# chapters/03_fast_kernels/panel.cuh 03_fast_kernels_test *Step5*
s|if (wide \&\& i < rows \&\& p + 3 < k)|if (wide \&\& i < rows \&\& p < k)|
