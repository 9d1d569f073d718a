# chapters/02_cuda/multiprocessor.cpp 02_cuda_occupancy_test Occupancy.ByHand
s|return round_up(threads_of_warp \* block.registers, register_step);|return threads_of_warp * block.registers;|
