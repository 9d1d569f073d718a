# chapters/13_scaling/step_time.cpp 13_scaling_step_test GridSearch.SaysHowFar*
s/^    progress.step("simulated " + to_string(shape));$//
