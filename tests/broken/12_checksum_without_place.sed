# chapters/12_restart/checksum.cpp 12_restart_checkpoint_test Checksum.*
s/sum += mix(mix(++place) ^ /sum += mix(/
