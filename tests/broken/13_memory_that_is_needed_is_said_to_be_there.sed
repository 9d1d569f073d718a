# chapters/13_scaling/modelled_device.cpp 13_scaling_corners_test Device.MayUseAll*
s/to_string(int64_t(cluster_.memory \/ 1e6))/to_string(int64_t(live \/ 1e6))/
