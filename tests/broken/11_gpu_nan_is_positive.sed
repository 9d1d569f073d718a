# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_gpu_test *OnGpu.Masks*
s/!(To::widen(y\[i\]) > 0.0f)/To::widen(y[i]) <= 0.0f/
