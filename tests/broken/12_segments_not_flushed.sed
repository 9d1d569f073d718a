# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.PrintsWhat*
s/^  good = good \&\& fsync(opened) == 0;$//
