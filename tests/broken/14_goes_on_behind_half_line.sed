# chapters/14_search/search_journal.cpp 14_search_test Journal.CutAnywhere*
s/if (whole < text.size()) std::filesystem::resize_file(file, whole);//
