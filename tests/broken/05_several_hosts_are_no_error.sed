# chapters/05_collectives/shared_window.cpp 05_collectives_nodes_test SeveralHosts.*
/^void require_one_node/,/^}/s/if (apart) throw/if (false) throw/
