# chapters/10_hybrid/hybrid_report.cpp 10_hybrid_measuring_test Report.Compares*
s/return tell_distance_to_serial(/return 0 * tell_distance_to_serial(/
