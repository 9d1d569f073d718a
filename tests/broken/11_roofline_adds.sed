# chapters/11_scaling/modelled_device.cpp 11_scaling_test Device.TakesTheTimeOfTheRoofline
s/cluster_.launch + std::max(arithmetic, traffic)/cluster_.launch + arithmetic + traffic/
