# chapters/13_scaling/timeline.cpp 13_scaling_test Timeline.*
s/simulated ranks\\"}}\\n/simulated ranks\\"}},\\n/
