# chapters/12_restart/gather.cpp 12_restart_checkpoint_test Gather.PutsEach*
s/return sum > INT_MAX ? file + .*$/return "";/
