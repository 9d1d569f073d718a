# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Device.TakesTheTimeOfTheRoofline
s/cluster_.launch + std::max(arithmetic, traffic)/cluster_.launch + arithmetic + traffic/
