# chapters/04_point_to_point/through_host.h 04_point_to_point_chunks_test ThroughHost.EveryChunk*
s|number % 2 \* longest_|number % 2 * (longest_ - 1)|
