# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.PrintsWhat*
s/relative.push_back(with.back() \/ without.back());/relative.push_back(without.back() \/ with.back());/
