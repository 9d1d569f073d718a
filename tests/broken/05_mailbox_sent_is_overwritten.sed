# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test *WrittenAgain
s/cudaStreamWaitEvent(device_.stream(), found->second, 0)/cudaStreamWaitEvent(stream_, found->second, 0)/
