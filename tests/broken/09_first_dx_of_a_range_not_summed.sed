# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test RangesOfLayers.*
s/if (layer.split == Split::columns)/if (layer.split == Split::columns \&\& l > 0)/
