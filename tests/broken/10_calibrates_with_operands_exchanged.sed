# chapters/10_hybrid/calibrate.cpp 10_hybrid_calibrate_test Calibrate.Meas*
s/linear_forward(y, x, w, nullptr/linear_forward(y, w, x, nullptr/
