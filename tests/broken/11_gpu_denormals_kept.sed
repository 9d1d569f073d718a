# chapters/11_fewer_bits/gpu_conversions.cu 11_fewer_bits_gpu_test *OnGpu.Rounds*
s/ < 0x1p-14f ? / < 0x1p-30f ? /
