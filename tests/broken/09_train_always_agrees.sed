# chapters/09_tensor_parallel/train.cpp 09_tensor_parallel_costs_test Train.*
s|return report.end(weights);|return report.end(weights), 0;|
