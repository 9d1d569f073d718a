# chapters/12_restart/checkpoint_header.cpp 12_restart_checkpoint_test Damage.OfAnyByte*
s/if (to_bytes(header) != start)/if (header.step > 99)/
