# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.TakesTheTime*
s/cluster_.launch + std::max(/std::max(/
