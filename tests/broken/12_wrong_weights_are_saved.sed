# chapters/12_restart/training_run.cpp 12_restart_run_test Run.SavesOnly*
s/^  require_equal_copies();$//
