# chapters/13_scaling/timeline.cpp 13_scaling_test Timeline.*
s/number < 0 ? name/number <= 0 ? name/
