# chapters/04_point_to_point/device_transfer.cpp 04_point_to_point_test GpuSupportOfMpi.*
s/look_up("MPIX_Query_cuda_support")/look_up("MPIX_GPU_query_support")/
