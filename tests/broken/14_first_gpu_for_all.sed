# chapters/14_search/search.cpp 14_search_halving_test SearchProgram.ADevice*
s|make_device(o.device, mpi.node_rank())|make_device(o.device)|
