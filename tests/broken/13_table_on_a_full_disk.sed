# chapters/13_scaling/scaling.cpp 13_scaling_programs_test Scaling.AFullDisk*
s/^  if (file.is_open() \&\& !file.flush()) throw.*$//
