# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.EventsServe*
s|^  for (const auto& copy : copies_) give_back(copy.second);||
