# chapters/04_point_to_point/hello.cpp 04_programs_test HelloProgram.Asks*
s/mpi\.node_size()/mpi.size()/
