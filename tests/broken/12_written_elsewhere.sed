# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.WritesWhere*
s/const std::string file = folder + "\/bench_12_checkpoint";/const std::string file = "build\/bench_12_checkpoint";/
