# chapters/09_tensor_parallel/tensor_report.cpp 09_tensor_parallel_costs_test Report.*
s/return tell_distance_to_serial(/return 0 * tell_distance_to_serial(/
