# chapters/12_restart/restart_options.cpp 12_restart_precision_test Plan.*
s/if (precision != "float") activation_bytes = 2;/activation_bytes = 4;/
