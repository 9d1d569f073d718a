# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/Correct.*streams
s/^  if (order() == Order::descending) std::reverse(busy.begin(), busy.end());/  ;/
