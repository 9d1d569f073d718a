# chapters/11_fewer_bits/messages.cpp 11_fewer_bits_programs_test MessagesProgram.TellsErrorsAndBytes
s/if (p > batch)/if (p >= batch)/
