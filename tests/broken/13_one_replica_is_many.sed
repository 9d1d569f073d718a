# chapters/13_scaling/simulated_training.cpp 13_scaling_programs_test Train.KnowsWho*
s/ \&\& (reproducible || replicas == 1);/ \&\& reproducible;/
