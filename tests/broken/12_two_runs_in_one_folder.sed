# chapters/12_restart/checkpoint_folder.cpp 12_restart_run_test Run.HasItsFolder*
s/LOCK_EX | LOCK_NB/LOCK_SH | LOCK_NB/
