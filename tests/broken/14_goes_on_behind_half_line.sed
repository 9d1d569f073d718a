# chapters/14_search/search_journal.cpp 14_search_halving_test Journal.CutAnywhere*
s/if (whole < text.size()) std::filesystem::resize_file(file, whole);//
