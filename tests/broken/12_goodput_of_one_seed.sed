# chapters/12_restart/goodput.cpp 12_restart_goodput_test Goodput.PrintsWhatTheSumsSay
s/o.runs, o.seed)/o.runs, 1)/
