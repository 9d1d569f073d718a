# chapters/04_point_to_point/ping_pong.cpp 04_point_to_point_test PingPong.AFile*
s/^  if (mpi.rank() == 0) require_writable(log);//
