# chapters/11_fewer_bits/formats.cpp 11_fewer_bits_programs_test FormatsProgram.TellsWhat*
s/"least", "step at 1", "at 1000", "at 0.001"/"least", "step at 1", "at 0.001", "at 1000"/
