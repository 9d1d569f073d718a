# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.PutsSimulated*
s/quiet \&= WEXITSTATUS(/quiet = WEXITSTATUS(/
