# chapters/11_scaling/step_time.cpp 11_scaling_test Device.CountsTheOperationsOfAStep
s/    const double operations_before = device.operations();/    const double operations_before = 0;/
