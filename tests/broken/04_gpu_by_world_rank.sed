# chapters/04_point_to_point/train.cpp 04_programs_test TrainProgram.TakesItsGpu*
s/make_device(o.device, mpi.node_rank())/make_device(o.device, mpi.rank())/
