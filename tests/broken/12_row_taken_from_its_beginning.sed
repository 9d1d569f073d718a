# chapters/10_hybrid/segments.cpp 12_restart_checkpoint_test Segments.*
s/global_element(int(row), int(column))/global_element(int(row), 0)/
