# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.Softmax
s|if (row_results_.size() < 2 \* size_t(rows))|if (row_results_.size() < size_t(rows))|
