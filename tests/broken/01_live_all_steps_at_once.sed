# chapters/01_serial/live_training.cpp 01_serial_live_test LiveTraining.MakesTenSteps*
s/steps_at_once = 10, /steps_at_once = 10000, /
