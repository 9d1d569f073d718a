# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test Cuda/Correct.*/much_memory
s/for (const Piece& piece : arena().pieces)/for (const Piece\& piece : {arena().pieces.back()})/
