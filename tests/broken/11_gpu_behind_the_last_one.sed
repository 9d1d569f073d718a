# chapters/11_fewer_bits/precision_options.cpp 11_fewer_bits_programs_test Train.OnAGpuIsNearTheCpu
s/local_rank % count_gpus()/local_rank/
