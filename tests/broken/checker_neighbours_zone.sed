# common/cuda_on_cpu/check/shadow.cpp cuda_on_cpu_test Cuda/*/before_dynamic_shared
s/    dynamic_region->zone_begin = begin - page_bytes;/    dynamic_region->zone_begin = begin;/
