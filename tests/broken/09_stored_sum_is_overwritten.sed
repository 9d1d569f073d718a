# chapters/01_serial/activation_store.h 11_fewer_bits_slices_test Slices.Have*
s/store_ ? store_->begin_words_in(p_, n_)/false ? (void)0/
