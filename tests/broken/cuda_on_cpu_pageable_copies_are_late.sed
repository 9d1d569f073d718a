# common/cuda_on_cpu/copy.cpp cuda_on_cpu_test *pageable*
s/(wait || pageable)/(wait || (pageable \&\& !stream))/
