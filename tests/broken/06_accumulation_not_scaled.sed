# chapters/06_data_parallel/train.cpp 06_data_parallel_programs_test Train.*
s|head.backward(mlp, batch.size())|head.backward(mlp, rows.size())|
