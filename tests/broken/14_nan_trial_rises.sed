# chapters/14_search/halving.cpp 14_search_halving_test HalvingTest.*
s|if (e.state == State::done \&\& !std::isnan(e.score)) return|if (e.state == State::done) return|
