# chapters/12_restart/npy.cpp 12_restart_numbers_test Npy.TakesThePlace*
s/std::ios::binary)/std::ios::binary | std::ios::app)/
