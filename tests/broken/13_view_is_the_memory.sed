# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.CopiesToTheHost*
s/return reinterpret_cast<float\*>(memory.view + (address - begin));/return memory.view ? p : p + (address - begin);/
