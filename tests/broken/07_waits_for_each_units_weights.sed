# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_host_test ThroughTheHost*
s/for (size_t u = units; u-- > 0 \&\& by_messages;)/for (size_t u = 0; u < units \&\& by_messages; ++u)/
