# chapters/12_restart/training_run.cpp 12_restart_run_test Run.SavesOnly*
s/2 \* equal_to(usual) > std::ssize(all)/2 * equal_to(usual) >= std::ssize(all)/
