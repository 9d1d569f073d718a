# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.EachProductOfTheListIsTimed
/^std::vector<Row> time_steps/,/^}/ s/device\.set_matmul(step\.matmul);//
