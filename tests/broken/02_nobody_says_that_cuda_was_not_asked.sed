# chapters/02_cuda/occupancy.cpp 02_cuda_programs_test OccupancyProgram.PrintsThe*
s|std::printf("no GPU here: CUDA itself was not asked.n");|std::fflush(stdout);|
