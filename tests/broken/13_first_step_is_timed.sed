# chapters/13_scaling/step_time.cpp 13_scaling_step_test Device.CountsTheOperationsOfAStep
s/    const double operations_before = device.operations();/    const double operations_before = 0;/
