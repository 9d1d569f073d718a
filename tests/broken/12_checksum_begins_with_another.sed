# chapters/12_restart/checkpoint_writer.cpp 12_restart_checkpoint_test Checkpoint.OfALargeNetwork*
s/^  header.checksum = 0;/  ;/
