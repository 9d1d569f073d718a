# chapters/13_scaling/simulated_training.cpp 13_scaling_programs_test Train.KnowsWho*
s/same_order = tensor == 1 \&\& (/same_order = (/
