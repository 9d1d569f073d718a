# chapters/12_restart/training_run.cpp 12_restart_run_test Run.GoesOnWhile*
s/    say("not saved: step " .*$/    (void)patience;/
