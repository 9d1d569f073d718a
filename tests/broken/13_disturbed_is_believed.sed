# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.*
s|quiet \&= WEXITSTATUS(pclose(pipe)) != not_quiet_status;|quiet \&= pclose(pipe) != not_quiet_status;|
