# chapters/11_fewer_bits/sharded.cpp 11_fewer_bits_programs_test ShardedProgram.*
s/^      device.fill(gradients, 0.0f, layout.count);.*/      ;/
