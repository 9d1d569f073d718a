# chapters/12_restart/checkpoint.cpp 12_programs_test Programs.CheckpointsAreVerified*
s/        ++bad;//
