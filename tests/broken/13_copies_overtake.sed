# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.CopiesToTheHost*
s/std::max(copied_, virtual_time())/virtual_time()/
