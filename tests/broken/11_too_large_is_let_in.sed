# chapters/11_scaling/modelled_device.cpp 11_scaling_test Device.HasNoMoreMemory*
s/live += double(memory(Purpose(p)).live);/live += 0 * p;/
