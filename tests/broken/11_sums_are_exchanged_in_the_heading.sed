# chapters/11_fewer_bits/messages.cpp 11_fewer_bits_programs_test MessagesProgram.*
s/sums in float              sums in bf16   MB/sums in bf16              sums in float   MB/
