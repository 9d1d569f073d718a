# common/cuda_on_cpu/check/request.h check/03_fast_kernels_traffic_test Traffic.OfTheSteps*
s|most = std::max(most, ++in_bank\[word % banks\])|most = 1, ++in_bank[word % banks]|
