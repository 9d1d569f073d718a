# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test Training.*:Device.*
s/const auto quiet = std::exchange(meanwhile, {});/const auto quiet = meanwhile;/
