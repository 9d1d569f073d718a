// What happens next: the one queue of a simulation.
//
// An event can be taken out again, so the queue holds nothing that will not happen.
#pragma once

#include <compare>
#include <set>

// Events of the same moment happen in this order: ranks see all that has happened up to now.
enum class Happens { message_left, message_begins, message_arrives, turn_of_rank };

struct Event {
  double moment;
  Happens what;
  int number;  // of the message or of the rank
  auto operator<=>(const Event&) const = default;
};

using Events = std::set<Event>;
