# chapters/13_scaling/timeline.cpp 13_scaling_test Timeline.*
s/timeline ? 1 + int64_t/timeline ? int64_t/
