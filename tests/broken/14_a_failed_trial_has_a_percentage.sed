# chapters/14_search/search.cpp 14_search_halving_test SearchProgram.TellsWhatDiverged
s|std::printf(outcome.failed ? "diverged.n" : |std::printf(outcome.epochs == 0 ? "diverged\\n" : |
