# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *AddsInRankOrder*
s/cudaIpcGetMemHandle(&own.vector, vectors_.at\[rank_\])/cudaIpcGetMemHandle(\&own.vector, boxes_.at[rank_])/
