# chapters/13_scaling/network.cpp 13_scaling_sharing_test Sharing.GoesByTheRule*
s/if (cluster_.max_min) change(route, 0);//
