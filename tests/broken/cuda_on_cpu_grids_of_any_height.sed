# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test *limits*
s/grid.y <= 65535/grid.y <= 0x7fffffffu/
