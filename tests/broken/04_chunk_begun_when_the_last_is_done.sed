# chapters/04_point_to_point/through_host.cpp 04_point_to_point_chunks_test ThroughHost.CopiesNeighbours*
/^    begin_out(k + 1);/{N;N;s|^\(.*\)\n\(.*\)\n\(.*\)|\2 \3 \1|;}
