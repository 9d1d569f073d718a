# chapters/13_scaling/step_time.h 13_scaling_step_test Training.OneRankOfAGrid*
s/double slowness = 1;/double slowness = 2;/
