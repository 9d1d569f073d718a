# common/cuda_on_cpu/report.cpp cuda_on_cpu_test *double_free
/findings == 0/{n;s/  std::fflush(nullptr);/  ;/}
