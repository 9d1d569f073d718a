# chapters/06_data_parallel/rank_order_in_background.cpp 11_fewer_bits_slices_test Words.*
s/^        ::add(partial, partial, next, length);/&\n        format.narrow(sum + begin, partial, length), format.widen(partial, sum + begin, length);/
