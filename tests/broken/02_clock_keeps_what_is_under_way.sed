# chapters/02_cuda/gpu_clock.cu 02_cuda_test CudaTest.EventsServe*
s/for (const auto\* stretches : {&under_way_, &read_})/for (const auto* stretches : {\&read_})/
