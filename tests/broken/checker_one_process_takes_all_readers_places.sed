# common/cuda_on_cpu/check/processes.cpp cuda_on_cpu_test Cuda/Bug.IsFound/race_with_each_of_three_readers
s/s.process == mine.process ? 0 : s.time/s.process == mine.process ? 1 : s.time/
