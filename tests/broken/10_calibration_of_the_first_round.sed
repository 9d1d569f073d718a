# chapters/10_hybrid/calibrate.cpp 10_hybrid_calibrate_test Calibrate.*
s/    if (round >= 0) seconds/    if (round >= -1) seconds/
