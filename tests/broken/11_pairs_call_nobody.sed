# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/    if (meanwhile.call) meanwhile.call(meanwhile.with);//
