# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.EachLineOfTraining*
/void plain_epoch/,/^  }/ s/head_\.loss(mlp_, batch);//
