# common/cuda_on_cpu/warp.cpp cuda_on_cpu_test Cuda/Textbook.*/activemask
s/return group.operation != WarpOperation::active && (/return (/
