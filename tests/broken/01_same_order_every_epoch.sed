# common/dataset.cpp common_test Permutation.*
s|RandomStream::permutation, epoch, i|RandomStream::permutation, 0, i|
