# chapters/13_scaling/cluster.cpp 13_scaling_corners_test Clusters.*
s/{"max-min", 1, 0, yes(c.max_min)/{"max-min", 1, 0, yes(c.progress_alone)/
