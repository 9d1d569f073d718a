# chapters/12_restart/checkpoint.cpp 12_restart_numbers_test Checkpoint.ComparesAll*
s/bool same = a.header.vectors == b.header.vectors;/bool same = true;/
