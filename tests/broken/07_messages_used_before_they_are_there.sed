# chapters/07_sharded_optimizer/zero.cpp 07_sharded_optimizer_test Zero.WorksWhere*
s/^  messages_.wait();$/  ;/
