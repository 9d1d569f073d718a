# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_gpu_test *OnGpu.Rounds*
s/conversions<ToFlushedHalf>(fast::matmul_tensor_half, false)/conversions<ToFlushedHalf>(fast::matmul_tensor_half, true)/
