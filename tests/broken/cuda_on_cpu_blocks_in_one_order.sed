# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/Correct.*launches
s/^    if (order() == Order::descending) stride = blocks - 1, first = blocks - 1;/    ;/
