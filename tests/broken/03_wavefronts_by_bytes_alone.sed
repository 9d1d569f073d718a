# common/cuda_on_cpu/check/traffic.cpp check/03_fast_kernels_traffic_test Traffic.OfTheSteps*
s|most = std::max(most, ++in_bank\[word % 32\])|most = 1, ++in_bank[word % 32]|
