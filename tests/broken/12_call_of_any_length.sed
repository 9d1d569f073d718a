# chapters/12_restart/own_file.cpp 12_restart_numbers_test OwnFile.*
s/disk.write(file_, next, std::min(count, longest_call), /disk.write(file_, next, count, /
