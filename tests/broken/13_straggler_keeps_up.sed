# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Training.TheSlowest*
s/compute(slowness_ \* (/compute((/
