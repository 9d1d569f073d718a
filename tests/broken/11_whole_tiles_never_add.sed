# chapters/11_fewer_bits/bf16_pairs.h 11_fewer_bits_instruction_test Pairs.*
s/ \&\& finish.activation == Activation::none \&\& finish.write == Write::overwrite;/ \&\& finish.activation == Activation::none;/
