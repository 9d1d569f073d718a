# chapters/13_scaling/network.cpp 13_scaling_sharing_test Sharing.OfTheExample
s/if (cluster_.max_min \&\& rate > least) return false;//
