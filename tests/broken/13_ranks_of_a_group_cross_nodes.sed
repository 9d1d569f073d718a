# chapters/13_scaling/step_time.cpp 13_scaling_step_test GridSearch.TriesWhatFits
s/ \&\& cluster.ranks_per_node % tensor == 0;/;/
