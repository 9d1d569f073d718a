# chapters/10_hybrid/checkpoint.cpp 10_hybrid_checkpoint_test Checksum.*
s/sum += mix(mix(++place) ^ /sum += mix(/
