# chapters/12_restart/training_run.cpp 12_restart_precision_test Restart.GoesOn*
s/restore(number("loss-scale"),/restore(scale_->value(),/
