# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.ComputesWhat*
s/CpuDevice::scale(y, factor, n);/CpuDevice::scale(y, 1 \/ factor, n);/
