# chapters/11_fewer_bits/fewer_bits_cuda_device.h check/11_fewer_bits_between_gpus_test WordsBetweenGpus.HaveTheBits*
s/{ add_words(to, p, 0, 1, n); }/{ add_words(to, p, 0, 1, 2 * words_in_floats(n)); }/
