# chapters/11_fewer_bits/sharded.cpp 11_fewer_bits_programs_test ShardedProgram.LearnsWhatTrain*
s/permutation(o.seed, epoch, train.count)/permutation(o.seed, 0, train.count)/
