# chapters/10_hybrid/calibrate.cpp 10_hybrid_calibrate_test Calibrate.*
s/^  if (only_if_quiet && v != Verdict::quiet) return not_quiet_status;$/  ;/
