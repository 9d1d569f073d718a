# chapters/12_restart/checkpoint.cpp 12_words_test Checkpoint.SaysWhatItCannotSay
s/": not with " + std::to_string(files)/": not with " + std::to_string(files + 1)/
