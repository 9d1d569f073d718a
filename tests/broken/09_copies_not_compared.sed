# chapters/09_tensor_parallel/tensor_report.cpp 09_tensor_parallel_costs_test Report.*
s/^  require_equal_copies(.*$/  ;/
