# chapters/14_search/search_journal.cpp 14_search_halving_test Journal.WithAChangedBit*
s/  if (checked != line + check_of(line)) throw Error("damaged");//
