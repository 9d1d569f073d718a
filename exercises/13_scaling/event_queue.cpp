// A discrete-event simulation: when is each action of each rank over, where the ranks of a node share a network card?
//
// Task 13_event_queue: stretch, 7 points. Try it: make ex-13_event_queue
#include <algorithm>
#include <map>
#include <queue>
#include <vector>

// 'c': compute for `amount` microseconds; 's': send `amount` KiB to rank `peer`; 'r': receive a message from rank `peer`.
struct Action {
  char kind;
  int peer, amount;
};
struct Network {
  int ranks_per_node;  // node 0 has the ranks from 0 on, node 1 the next ones, ...
  int per_kib;         // microseconds that a card needs for a KiB
  int latency;         // microseconds
  int node_of(int rank) const { return rank / ranks_per_node; }
};

// programs[r] has the actions of rank r, which it does one after another, the first one from time 0 on. over[r][i] is to
// become the time at which action i of rank r is over, in microseconds. It is -1 at first and stays so for a receive whose
// message is never sent, and for all actions behind that: there the rank waits for ever.
//
// Send to a rank of another node: the message leaves through the card of the sender's node, which has one message at a time
// and needs amount · per_kib for it. Messages get the card in the order of the times at which their ranks came to the sends;
// of several at the same time, the lowest rank comes first. The send is over when the message has left the card, and the
// message is there `latency` later.
// Send to a rank of the same node: needs no card. It is over at once, and the message is there `latency` later.
// Receive: the messages of `peer` to this rank are taken in the order in which they were sent, one with each receive. It is
// over when the message is there; at once, if it is there already. A sender never waits for a receiver.
//
// amount, per_kib and latency are at least 1. peer is another rank; a rank may have no actions. Times go up to two billion:
// an int is enough for them, but a loop over all microseconds takes too long.
void event_queue(std::vector<std::vector<int>>& over, const std::vector<std::vector<Action>>& programs,
                 const Network& network) {
  const int ranks = int(programs.size());
  std::vector<int> now(ranks),
      card_free(ranks);  // the clock of each rank; the time from which each card is free
  // --- YOUR CODE (25 lines in ours)
  // This knows neither cards nor messages, and each rank goes to its end before the next one begins. Which rank must be the
  // next to do one action, so that no message gets a card that another one should have had before?
  for (int r = 0; r < ranks; ++r)
    for (size_t i = 0; i < programs[r].size(); ++i) {
      if (programs[r][i].kind == 'c') now[r] += programs[r][i].amount;
      over[r][i] = now[r];
    }
  // --- END OF YOUR CODE
}
// As generated: 1857645621-2811
