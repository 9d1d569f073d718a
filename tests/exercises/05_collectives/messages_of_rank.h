// For judges: the messages of a rank, as logged_messages.h answers them.
#pragma once

#include <algorithm>

#include "tests/exercises/judge.h"

// One call: floats sent to rank `to`, floats received from rank `from`; -1 for neither.
struct Message {
  int to, sent, from, received;
};

inline std::vector<Message> messages_of(Answers& answers) {
  const size_t n = size_t(std::clamp(answers.number("the number of messages"), 0.0, 1e6));
  const std::vector<int> numbers = answers.integers("the messages", 4 * n);
  std::vector<Message> all;
  for (size_t i = 0; i < numbers.size(); i += 4) all.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]});
  return all;
}

struct Sent {
  int messages = 0, floats = 0;
};
// What a rank sent; no message is a message of nothing.
inline Sent sent_by(const std::vector<Message>& messages) {
  Sent sum;
  for (const Message& message : messages)
    if (message.to >= 0 && message.sent > 0) ++sum.messages, sum.floats += message.sent;
  return sum;
}

inline std::string in_words(const Sent& sent) {
  return std::to_string(sent.messages) + (sent.messages == 1 ? " message" : " messages") + " with " + std::to_string(sent.floats) + " floats";
}
