# chapters/13_scaling/bench.cpp 13_scaling_programs_test Bench.PutsSim*
s/const Cluster cluster = o.load();/const Cluster cluster = load_cluster(o.cluster);/
