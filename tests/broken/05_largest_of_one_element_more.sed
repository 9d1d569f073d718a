# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *TakesTheLargest
/^__global__ void largest_kernel/,/^}/s/i >= n/i > n/
