# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.HasNoMoreMemory*
s/live += double(memory(Purpose(p)).live);/live += 0 * p;/
