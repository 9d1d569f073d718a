# chapters/09_tensor_parallel/tensor_parallel.cpp 11_fewer_bits_slices_test Slices.Travel*
s/    go_on_in_background(begin_rank_order(words, summed_count_, 0, store_->stored_as(), comm_));/    begin_rank_order(words, summed_count_, 0, store_->stored_as(), comm_)->wait(), posted_ = true;/
