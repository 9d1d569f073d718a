# chapters/12_restart/checkpoint.cpp 12_restart_numbers_test Checkpoint.ComparesAll*
s/for (const CheckpointHeader\* h : {&a, &b})/for (const CheckpointHeader* h : {\&a, \&a})/
