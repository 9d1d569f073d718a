# chapters/12_restart/checkpoint_header.cpp 12_restart_precision_test Restart.InAnother*
s/if (value(found) == value(wanted)) continue;/continue;/
