# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/reader_in_another_warp
s/ ? \&cell.reads\[1\] : \&cell.reads\[2\];/ ? \&cell.reads[0] : \&cell.reads[0];/
