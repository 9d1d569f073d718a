# chapters/11_scaling/modelled_device.cpp 11_scaling_test Training.TakesTheSameTimeWithoutContents
s/^  within_ = true;$//
