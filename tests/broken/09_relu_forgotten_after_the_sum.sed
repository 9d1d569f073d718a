# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Gradients.*
s|layer.activation, rows, layer.out|Activation::none, rows, layer.out|
