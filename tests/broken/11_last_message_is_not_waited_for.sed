# chapters/11_fewer_bits/sixteen_bit_sum.cpp 11_fewer_bits_programs_test Train.SendsGradientsAsBf16
s/Waitall(int(requests.size()),/Waitall(int(requests.size()) - 1,/
