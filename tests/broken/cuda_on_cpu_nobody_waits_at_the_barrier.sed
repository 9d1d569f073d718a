# common/cuda_on_cpu/block.cpp cuda_on_cpu_test Cuda/Bug.*/deadlock_of_lanes
s/^  if (block_barrier.arrived)$/  if (block_barrier.arrived >= 0)/
