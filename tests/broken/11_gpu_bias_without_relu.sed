# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_gpu_test *ComputesWhatTheCpuDoes/*
s/^  if (relu) value = value < 0.0f ? 0.0f : value;$/  (void)relu;/
