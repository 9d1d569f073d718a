# common/mpi/session.cpp 06_data_parallel_programs_test Train.WithoutAGpu*
s/error.status()}/1}/
