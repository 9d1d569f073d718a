# chapters/09_tensor_parallel/tensor_footprint.cpp 11_fewer_bits_between_gpus_test WordsBetweenGpus.Slices*
s/((longest_stored + 1) \/ 2)/longest_stored/
