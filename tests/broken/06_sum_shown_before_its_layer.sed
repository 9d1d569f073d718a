# chapters/05_collectives/peer_window.cu 06_data_parallel_programs_test Train.WritesATimelineOfTheStreams*
s/^  start(0, 0);/  ;/
