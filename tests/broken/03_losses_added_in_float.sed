# chapters/03_fast_kernels/whole_step.cu 03_fast_kernels_test *WholeStepsChange*
s/^  double sum = 0;/  float sum = 0;/
