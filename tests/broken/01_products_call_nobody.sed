# chapters/01_serial/matmul_3_packed.cpp 07_sharded_optimizer_meanwhile_test Meanwhile.*
s|    if (meanwhile) meanwhile();||
