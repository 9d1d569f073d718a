# chapters/04_point_to_point/device_transfer.cpp 04_point_to_point_test GpuSupportOfMpi.*
s/gpu_kind_cuda = 0;/gpu_kind_cuda = 1;/
