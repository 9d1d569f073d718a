# chapters/11_fewer_bits/fewer_bits_options.cpp 11_fewer_bits_ranks_test Options.*
s/if (weights != "master" \&\& precision != "float" \&\&/if (weights != "master" \&\&/
