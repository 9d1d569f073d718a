# chapters/12_restart/restart_options.cpp 12_restart_test Plan.*
s/^  if (plan == 0) lock_ = /  lock_ = /
