# chapters/06_data_parallel/replicas.cpp 12_restart_run_test Run.SavesOnly*
s/2 \* equal_to(usual) > std::ssize(copies)/2 * equal_to(usual) >= std::ssize(copies)/
