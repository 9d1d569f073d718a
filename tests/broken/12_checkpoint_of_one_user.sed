# chapters/12_restart/own_file.cpp 12_restart_numbers_test OwnFile.GoesOn*
s/O_CLOEXEC, 0666)/O_CLOEXEC, 0600)/
