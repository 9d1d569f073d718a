# chapters/13_scaling/simulated_mpi.cpp 13_scaling_test Messages.OfASendrecv*
s/bytes_of(in_count, in_type), from, in_tag, comm/bytes_of(in_count, in_type), from, out_tag, comm/
