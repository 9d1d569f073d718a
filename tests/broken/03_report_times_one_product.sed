# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.EachProductOfTheListIsTimed
/^void report_products/,/^}/ s/device\.set_matmul(step\.matmul);//
