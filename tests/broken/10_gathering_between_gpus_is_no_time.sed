# chapters/10_hybrid/sharded_update_between_gpus.cpp 10_hybrid_gpus_test BetweenGpus.TimeOfTheUpdate*
/^void ShardedUpdate::gather_between_gpus/,/^}/s|  time_.exchanging += timer.seconds();||
