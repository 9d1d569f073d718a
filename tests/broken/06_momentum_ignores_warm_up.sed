# chapters/01_serial/optimizer.cpp 06_data_parallel_programs_test Train.PrintsWhatAPlainLoopComputes
s/momentum(w, state_\[0\], g, rate,/momentum(w, state_[0], g, float(options_.learning_rate),/
