# chapters/09_tensor_parallel/tensor_report.cpp 09_tensor_parallel_costs_test Report.*
s/tell_distance_to_serial(options_, ranks == 1, ranks/tell_distance_to_serial(options_, ranks == 0, ranks/
