# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *GoesOn
s/if (write == Write::accumulate) {/if (write != write) {/
