# chapters/12_restart/interval.cpp 12_restart_goodput_test Formula.*
s/std::exp(f.restart \/ f.between)/(1 + f.restart \/ f.between)/
