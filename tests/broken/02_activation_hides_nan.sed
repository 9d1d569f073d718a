# chapters/02_cuda/bias.cu 02_cuda_test CudaTest.ReluMask
s|activation == Activation::relu \&\& value < 0 ? 0.0f : value|activation == Activation::relu ? fmaxf(value, 0.0f) : value|
