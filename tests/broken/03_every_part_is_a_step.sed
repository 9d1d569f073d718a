# chapters/03_fast_kernels/whole_step.cu 03_fast_kernels_test *WholeStepsChange*
s/progress->step += last_part;/progress->step += 1;/
