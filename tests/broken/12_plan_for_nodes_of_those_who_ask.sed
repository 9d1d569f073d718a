# chapters/12_restart/restart_options.cpp 12_restart_test Plan.*
s/if (plan > 0) ranks = ranks_of_node = int(plan);/if (plan > 0) ranks = int(plan);/
