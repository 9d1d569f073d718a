# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test *InTwoLevelsMessagesAreWaitedFor*
/^void ShardedUpdate::gather_between_nodes/,/^}/s/  messages.wait();//
