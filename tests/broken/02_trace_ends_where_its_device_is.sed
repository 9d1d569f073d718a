# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATraceMay*
s|under_way_.back().end, under_way_.back().stream|under_way_.back().end, device_.stream()|
