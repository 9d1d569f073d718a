# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_measuring_test Bench.PrintsTheCrossover*
s/if (r.verdict != Verdict::quiet) continue;/if (r.verdict == Verdict::more_ranks_than_cores) continue;/
