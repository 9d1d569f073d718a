# chapters/12_restart/training_run.cpp 12_restart_precision_test Restart.GoesOn*
s/int64_t(number("good-steps-so-far"))/0/
