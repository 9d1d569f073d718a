# chapters/12_restart/training_run.cpp 12_restart_precision_test Restart.*
s/set_steps(steps_ - size_t(skipped_))/set_steps(steps_)/
