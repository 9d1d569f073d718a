# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Training.CopiesToTheHost*
s/if (real_) CpuDevice::copy_bytes_in/if (real_ \&\& !is_staged()) CpuDevice::copy_bytes_in/
