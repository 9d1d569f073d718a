# chapters/12_restart/own_file.cpp 12_restart_checkpoint_test Folder.AWriteOfTooFewBytesIsAnError
s/if (size_t(written) != count)/if (written < 0)/
