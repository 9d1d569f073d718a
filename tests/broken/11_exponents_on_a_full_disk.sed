# chapters/11_fewer_bits/formats.cpp 11_fewer_bits_programs_test FormatsProgram.NamesAFull*
s/^  if (!out.flush()) throw.*$//
