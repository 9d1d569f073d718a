# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *WithoutBoxes
s/if (count <= short_sums_)/if (count <= one_shot)/
