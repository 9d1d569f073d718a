# chapters/13_scaling/step.cpp 13_scaling_programs_test Step.*
s/s.schedule = schedule, //
