# chapters/05_collectives/six.cpp 05_programs_test Ranks/SixProgram.EveryRank*
s/const int width = ranks \* (ranks + 1)/const int width = ranks * ranks/
