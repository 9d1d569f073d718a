# chapters/13_scaling/modelled_device.cpp 13_scaling_corners_test Device.MayUse*
s/for (int p = 0; p < purposes; ++p) live/for (int p = 0; p + 1 < purposes; ++p) live/
