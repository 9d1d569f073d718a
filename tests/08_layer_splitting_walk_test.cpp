// The checker of chapter 08 with lists of actions that are wrong. No schedule makes such lists, since chapter 08 derives them: so they are
// changed here, one action at a time, and what the executor would do wrong must be said.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/walk.h"

static std::function<void(int stage, std::vector<Action>&)> change;
static std::vector<Action> changed_actions(const Schedule& schedule, int stage) {
  std::vector<Action> actions = actions_of(schedule, stage);
  change(stage, actions);
  return actions;
}
#define actions_of changed_actions
#define walk walk_with_changes
#include "chapters/08_layer_splitting/walk.cpp"
#undef walk
#undef actions_of

namespace {

using Actions = std::vector<Action>;

std::string said_of(const Schedule& schedule, const std::function<void(int, Actions&)>& wrong) {
  change = wrong;
  Proof proof;
  return walk_with_changes(schedule, equal_times(schedule.chunks()), proof);
}

std::vector<Schedule> schedules() {
  return {make_schedule("1f1b", 3, 1, 5), make_schedule("gpipe", 2, 1, 4), make_schedule("interleaved", 2, 2, 4), make_schedule("zb-h1", 3, 1, 5),
          make_evaluation_schedule(make_schedule("1f1b", 3, 1, 5), 7)};
}

TEST(Walk, SaysNothingOfListsThatAreRight) {
  for (const Schedule& schedule : schedules()) EXPECT_EQ(said_of(schedule, [](int, Actions&) {}), "");
}

// Each receive of each stage, left out alone.
TEST(Walk, FindsAReceiveThatNobodyPosts) {
  int tried = 0;
  for (const Schedule& schedule : schedules())
    for (int stage = 0; stage < schedule.stages; ++stage) {
      const Actions all = actions_of(schedule, stage);
      for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].what != Do::post_receive) continue;
        ++tried;
        EXPECT_EQ(said_of(schedule, [&](int s, Actions& actions) {
          if (s == stage) actions.erase(actions.begin() + ptrdiff_t(i));
        }), "the receive for " + text_of(all[i].step) + ": never posted");
      }
    }
  EXPECT_GT(tried, 40);
}

// Each receive that waits until another micro-batch has left its slot, posted right behind that micro-batch's own one.
TEST(Walk, FindsAReceiveThatIsPostedTooEarly) {
  int tried = 0;
  for (const Schedule& schedule : schedules()) {
    if (!schedule.trains) continue;  // there a slot is free as soon as it has been read
    for (int stage = 0; stage < schedule.stages; ++stage) {
      const Actions all = actions_of(schedule, stage);
      std::map<std::tuple<Pass, int, int>, size_t> last;  // by the buffer: the last post
      for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].what != Do::post_receive) continue;
        const Step& step = all[i].step;
        const auto [before, first] = last.insert({{step.pass, step.chunk, schedule.slot(step)}, i});
        if (first) continue;
        const size_t other = std::exchange(before->second, i);
        ++tried;
        EXPECT_EQ(said_of(schedule, [&](int s, Actions& actions) {
          if (s != stage) return;
          actions.erase(actions.begin() + ptrdiff_t(i));
          actions.insert(actions.begin() + ptrdiff_t(other + 1), all[i]);
        }), "the receive for " + text_of(step) + ": posted while " + text_of(all[other].step) + " needs the buffer");
      }
    }
  }
  EXPECT_GT(tried, 10);
}

// Each wait for the message that was sent from where a step writes, left out alone.
TEST(Walk, FindsAMessageThatIsOverwritten) {
  int tried = 0;
  for (const Schedule& schedule : schedules())
    for (int stage = 0; stage < schedule.stages; ++stage) {
      const Actions all = actions_of(schedule, stage);
      for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].what != Do::wait_for_send) continue;
        const Step& step = all[i].step;
        const bool used = std::any_of(all.begin(), all.begin() + ptrdiff_t(i), [&](const Action& a) {
          return a.what == Do::send && a.step.pass == step.pass && a.step.chunk == step.chunk && schedule.slot(a.step) == schedule.slot(step);
        });
        tried += used;
        EXPECT_EQ(said_of(schedule, [&](int s, Actions& actions) {
          if (s == stage) actions.erase(actions.begin() + ptrdiff_t(i));
        }), used ? text_of(step) + ": writes over a message that may be under way" : "");
      }
    }
  EXPECT_GT(tried, 20);
}

}  // namespace
