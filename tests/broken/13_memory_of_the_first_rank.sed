# chapters/13_scaling/step_time.cpp 13_scaling_step_test StepTime.IsThat*
s/result.memory = double(largest_footprint(settings, shape).sum());/result.memory = double(predict_footprint(settings, shape, {}).sum());/
