# chapters/13_scaling/step_time.cpp 13_scaling_step_test GridSearch.SaysHowFar*
s/Progress progress(shapes.size(), 0);/Progress progress(shapes.size() - 1, 0);/
