# chapters/02_cuda/multiprocessor.cpp 02_cuda_occupancy_test Occupancy.ByHand
s|round_up(block.shared + where.reserved, where.granule)|round_up(block.shared, where.granule)|
