# chapters/02_cuda/ask_cuda.cu 02_cuda_attributes_test AskCuda.*
s|plain::row_max_kernel, 64)|plain::row_max_kernel, 256)|
