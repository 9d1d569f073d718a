// For the live figure: all ranks of a collective in one process without threads.
//
// The ranks run one after another, each from its beginning to its end. A message from a rank that has not run yet is missing, and its
// place stays as it is; so all run again, and find what the others sent in the round before. When a round sends the same
// as the one before it, everybody has received what was sent to it: that round is the run.
#pragma once

#include <functional>
#include <vector>

namespace live {

struct Message {
  int to;
  int step;  // the call in which it leaves, counted so that a message leaves after all that its sender had received by then
  std::vector<float> floats;
  bool operator==(const Message&) const = default;
};

struct RankRun {
  std::vector<Message> sent;
  std::vector<std::vector<float>> before;  // by step: the first element of each block of its vector; the last one: at the end
};

using Body = std::function<void(std::vector<float>& x)>;

// first: the vector with which each rank begins.
std::vector<RankRun> run_ranks(const std::vector<std::vector<float>>& first, const Body& body);

}  // namespace live
