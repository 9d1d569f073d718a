# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.Puts*
s/if (!quiet \&\& only_if_quiet) return/if (!quiet) return/
