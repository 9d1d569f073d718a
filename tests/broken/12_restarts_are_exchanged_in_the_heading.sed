# chapters/12_restart/goodput.cpp 12_restart_goodput_test Goodput.*
s/ 5 min   15 min     for/15 min    5 min     for/
