# chapters/12_restart/goodput.cpp 12_restart_goodput_test Goodput.PrintsWhat*
s/ || mpi.rank() != 0) return 0;/) return 0;/
