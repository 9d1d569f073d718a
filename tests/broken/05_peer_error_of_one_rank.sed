# chapters/05_collectives/peer_calls.h 05_collectives_peer_test *WithoutAHandle*
s/int worst = error;/int worst = 0;/
