# chapters/12_restart/goodput.cpp 12_restart_goodput_test Goodput.PrintsWhatTheSumsSay
s/if (o.interval > 2 \* f.between) throw/if (o.interval > 3 * f.between) throw/
