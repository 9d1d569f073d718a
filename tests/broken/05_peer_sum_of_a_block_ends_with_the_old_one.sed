# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *GoesOn
s/operands.at\[0\] = sum;/std::swap(operands.at[0] = sum, operands.at[ranks_]);/
