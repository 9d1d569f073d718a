# chapters/13_scaling/simulated_training.cpp 13_scaling_programs_test Train.TakesMeasured*
s/return load_cluster(cluster, products);/return load_cluster(cluster);/
