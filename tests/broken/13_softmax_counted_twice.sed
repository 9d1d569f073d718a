# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Training.TakesTheSameTimeWithoutContents
s/^  within_ = true;$//
