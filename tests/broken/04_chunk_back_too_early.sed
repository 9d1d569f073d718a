# chapters/04_point_to_point/through_host.cpp 04_point_to_point_chunks_test ThroughHost.*
s|    device_.end_copy_in(chunk, n);||
