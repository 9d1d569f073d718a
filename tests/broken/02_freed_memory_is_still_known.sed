# chapters/02_cuda/cuda_device.cu 02_cuda_attributes_test Memory.*
s|^  memory_.erase(found);|  ;|
