# chapters/13_scaling/modelled_device.cpp 13_scaling_test Training.TakesTheSameTimeWithoutContents
s/^  within_ = true;$//
