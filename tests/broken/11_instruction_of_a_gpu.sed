# chapters/11_fewer_bits/precision_options.cpp 11_fewer_bits_programs_test Train.SaysHow*
s/^  if (instruction == "yes" \&\& device != "cpu") throw.*$//
