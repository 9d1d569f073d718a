# chapters/12_restart/checkpoint_header.cpp 12_restart_precision_test Restart.InAnother*
s/if (precision(found) != precision(wanted))/if (false)/
