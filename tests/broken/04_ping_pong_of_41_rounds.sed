# chapters/04_point_to_point/ping_pong.cpp 04_point_to_point_test PingPong.*
s/time_ping_pong(bytes, int(rounds), MPI_COMM_WORLD)/time_ping_pong(bytes, 41, MPI_COMM_WORLD)/
