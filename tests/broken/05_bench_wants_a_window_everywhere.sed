# chapters/05_collectives/bench.cpp 05_programs_test BenchProgram.*
s/if (one_node) window.emplace/if (true) window.emplace/
