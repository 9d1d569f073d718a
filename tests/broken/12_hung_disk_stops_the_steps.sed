# chapters/12_restart/training_run.cpp 12_restart_run_test Run.GoesOnWhile*
/^void TrainingRun::step/,/^}/s/save(options_.disk_patience)/save(INFINITY)/
