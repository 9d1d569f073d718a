# chapters/03_fast_kernels/whole_step.cu 03_fast_kernels_test *WholeStepsChange*
s/optimizer_.steps() + int(s)/int(s)/
