// When to raise the alarm: all ranks wait, none has moved for a while, and asking them shows why.
#pragma once

#include <string>
#include <vector>

#include "common/mpi_guard/page.h"

namespace guard {

// The clock of the watchdog, in seconds. A test may put one of its own in its place.
extern double (*now)();

// One per node, used by the helper thread of the node's first rank. Only rank 0's node ever gives a verdict.
class Alarm {
 public:
  Alarm(Page& page, double patience) : page_(page), patience_(patience) {}

  // Called every now and then. Empty, or the message with which to end the job.
  std::string look();

 private:
  double awake();
  bool still_standing();
  std::vector<RankReport> ask_all();

  Page& page_;
  double patience_;          // seconds; 0: never
  double looked_ = 0;        // when, by the clock
  double awake_ = 1;         // see awake()
  double stands_since_ = 0;  // 0: it moves
  double next_question_ = 0;
  std::vector<uint64_t> moves_;  // of each node, when it stopped moving
};

// True in the helper thread, which answers for its rank.
extern thread_local bool is_helper_thread;
void answer_question(Page& page);

// Asks all ranks of this node and waits for their answers, at most `seconds`; those that did not answer are
// missing.
std::vector<RankReport> ask_node(Page& page, double seconds);

}  // namespace guard
