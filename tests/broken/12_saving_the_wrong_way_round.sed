# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.PrintsWhat*
s/relative.push_back(with\[round\] \/ without\[round\]);/relative.push_back(without[round] \/ with[round]);/
