# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.Puts*
s/only_if_quiet = false, quiet = true;/only_if_quiet = false, quiet = false;/
