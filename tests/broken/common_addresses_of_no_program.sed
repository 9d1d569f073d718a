# common/addr2line.h common_shown_test Addr2line.*
s/: std::string(1, c);/: std::string(size_t(c), 1);/
