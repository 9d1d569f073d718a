# common/cuda_on_cpu/pipeline.cpp cuda_on_cpu_test *Correct*/pipeline
s/^  copy_wait(0);/  copy_wait(1);/
