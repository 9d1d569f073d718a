# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test *MailboxesGive*
s|^  MPI_CHECK(MPI_Comm_free(&comm_));||
