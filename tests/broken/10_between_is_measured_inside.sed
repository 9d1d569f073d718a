# chapters/10_hybrid/calibrate.cpp 10_hybrid_calibrate_test Calibrate.*
s/machine\.between = calibrate(across/machine.between = calibrate(node/
