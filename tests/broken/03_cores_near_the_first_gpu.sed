# chapters/03_fast_kernels/near_cores.cpp 03_fast_kernels_cores_test Cores.OfARank*
s/near\[size_t(node_rank) % near.size()\]/near[0]/
