# chapters/13_scaling/step_time.cpp 13_scaling_corners_test GridSearch.TakesWhatFits*
s/\.sum()) > cluster.memory/.sum()) >= cluster.memory/
