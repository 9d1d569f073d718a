# chapters/13_scaling/platform.cpp 13_scaling_clusters_test Platform.*
s/for (int end : {0, route.ports - 1})/for (int end : {0, 1})/
