# chapters/09_tensor_parallel/tensor_report.cpp 09_tensor_parallel_measuring_test Report.*
s/^  evaluating_.exchanging += .*$/  ;/
