# chapters/13_scaling/cluster.cpp 13_scaling_corners_test Clusters.ReadEachChoice*
s/yes(c.one_connection)/yes(c.progress_alone)/
