# chapters/11_fewer_bits/fewer_bits_cuda_device.cpp 11_fewer_bits_gpu_test *HasViews*
s/begin != p \&\& p < static_cast/begin != p \&\& p <= static_cast/
