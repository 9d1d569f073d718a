# chapters/12_restart/training_run.cpp 12_restart_precision_test Restart.InAnother*
s/if (skipped() > 0) h.options/if (scale_) h.options/
