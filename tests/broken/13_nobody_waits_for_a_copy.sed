# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.CopiesToTheHost*
s/if (const auto copy = copies_.extract(of)) wait_until(copy.mapped());/copies_.erase(of);/
