# chapters/02_cuda/ask_cuda.cu 02_cuda_attributes_test AskCuda.*
s|p.major < 8 ? 256 : 128|p.major < 7 ? 256 : 128|
