# chapters/02_cuda/multiprocessor.cpp 02_cuda_occupancy_test Occupancy.Rounds
s|return (blocks + at_once - 1) / at_once;|return blocks / at_once;|
