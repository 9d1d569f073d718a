# chapters/13_scaling/simulated_training.cpp 13_scaling_corners_test Train.Tells*
s|sum.computing / sum.seconds|sum.computing / simulated.seconds|
