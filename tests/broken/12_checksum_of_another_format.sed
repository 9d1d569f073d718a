# chapters/12_restart/checksum.cpp 12_restart_checkpoint_test Checksum.DoesNotDepend*
s/^  return x ^ x >> 33;/  return x ^ x >> 32;/
