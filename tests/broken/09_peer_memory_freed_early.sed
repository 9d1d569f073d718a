# chapters/09_tensor_parallel/tensor_between_gpus.cpp 09_tensor_parallel_gpus_test BetweenGpus.*
s/between_.size(), comm_, in_boxes);/&\n    between_ = {};/
