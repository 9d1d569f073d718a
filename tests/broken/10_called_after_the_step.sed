# chapters/10_hybrid/sharded_update.cpp 10_hybrid_meanwhile_test Grid.*
/^void ShardedUpdate::add_up() {/,/^}/s|  device_.meanwhile = {};||
