# common/addr2line.h common_shown_test Addr2line.*
s/^  for (char c : program) command += .*/  command += program;/
