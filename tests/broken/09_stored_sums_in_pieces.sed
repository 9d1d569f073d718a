# chapters/09_tensor_parallel/tensor_parallel.cpp 11_fewer_bits_between_gpus_test WordsBetweenGpus.ThroughTheHost*
s/ \&\& !view.stored()//
