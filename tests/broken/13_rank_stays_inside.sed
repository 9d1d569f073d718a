# chapters/13_scaling/timeline.cpp 13_scaling_engine_test ALongMessage.GoesOn*
s/^  w.exit();$//
