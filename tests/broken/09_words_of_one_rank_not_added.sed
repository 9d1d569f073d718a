# chapters/09_tensor_parallel/tensor_between_gpus.cpp 11_fewer_bits_between_gpus_test WordsBetweenGpus.HaveTheBits*
s/words_in_floats(n), ranks_, n);/words_in_floats(n), ranks_ - 1, n);/
