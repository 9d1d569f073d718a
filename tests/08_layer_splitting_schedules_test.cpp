// What chapter 08 claims of its schedules, without MPI: they are complete, in order, end, and keep and idle as much as the
// formulas say; and the checker that shows this rejects what is wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "chapters/08_layer_splitting/actions.h"
#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/idle.h"
#include "common/error.h"
#include "tests/error_of.h"
#include "tests/schedule_times.h"

namespace {

constexpr Pass forward = Pass::forward, backward = Pass::backward, weights = Pass::weights;

struct Case {
  std::string name;
  int stages, chunks, micro_batches;
  Schedule make() const { return make_schedule(name, stages, chunks, micro_batches); }
  std::string text() const {
    return name + ", " + std::to_string(stages) + " stages, " + std::to_string(chunks) + " chunks, " +
           std::to_string(micro_batches) + " micro-batches";
  }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const std::string& name : schedule_names)
    for (int stages = 1; stages <= 9; ++stages)
      for (int chunks = 1; chunks <= (name == "interleaved" ? 4 : 1); ++chunks)
        for (int micro_batches = 1; micro_batches <= 20; ++micro_batches)
          cases.push_back({name, stages, chunks, micro_batches});
  return cases;
}

// --- Right schedules -------------------------------------------------------------------------------------------------

TEST(Schedules, AllHold) {
  for (const Case& c : all_cases()) {
    const Proof proof = check(c.make());
    ASSERT_TRUE(proof.holds()) << c.text() << ": " << proof.error;
  }
}

TEST(Schedules, HoldWhereStepsTakeUnequalTimes) {
  for (const Case& c : all_cases()) {
    StepTimes times = equal_times(c.stages * c.chunks);
    for (size_t i = 0; i < times.forward.size(); ++i)
      times.backward[i] = 1 + double(i * 7 % 5), times.weights.push_back(times.backward[i] * double(i % 3) / 2);
    ASSERT_TRUE(check(c.make(), times).holds()) << c.text();
  }
}

TEST(Schedules, EvaluationsHold) {
  for (const Case& c : all_cases())
    for (int pieces : {0, 1, c.stages, 3 * c.stages + 1}) {
      const Proof proof = check(make_evaluation_schedule(c.make(), pieces));
      ASSERT_TRUE(proof.holds()) << c.text() << ", " << pieces << " pieces: " << proof.error;
    }
}

TEST(Schedules, EvaluationsKeepNothingAndAreIdleForNoTimeWhereNothingIsEvaluated) {
  const Schedule training = make_schedule("interleaved", 3, 2, 4);
  EXPECT_EQ(check(make_evaluation_schedule(training, 5)).kept, (std::vector<int>{0, 0, 0}));
  const Proof nothing = check(make_evaluation_schedule(training, 0));
  EXPECT_EQ(nothing.length, 0);
  EXPECT_EQ(nothing.idle, 0);
}

// The unit of time does not matter: thousandths of the usual times give the same idle share.
TEST(Schedules, AreIdleForTheSameShareInEveryUnit) {
  const Schedule schedule = make_schedule("gpipe", 3, 1, 4);
  const Proof proof = check(schedule, {std::vector(3, 0.001), std::vector(3, 0.002)});
  EXPECT_NEAR(proof.length, 0.018, 1e-12);
  EXPECT_NEAR(proof.idle, 2.0 / 6, 1e-12);
}

// Micro-batches without rows are left out by the executor. Then the rest must still hold: as a schedule of fewer ones.
TEST(Schedules, HoldWithoutSomeMicroBatches) {
  for (const Case& c : all_cases())
    for (int kept_every : {2, 3}) {
      Schedule schedule = c.make();
      for (std::vector<Step>& steps : schedule.steps) {
        std::erase_if(steps, [&](const Step& step) { return step.micro_batch % kept_every != 0; });
        for (Step& step : steps) step.micro_batch /= kept_every;
      }
      schedule.micro_batches = (c.micro_batches + kept_every - 1) / kept_every;
      const Proof proof = check(schedule);
      ASSERT_TRUE(proof.holds()) << c.text() << ": " << proof.error;
    }
}

TEST(Schedules, IdleAsLongAsTheFormulaSays) {
  for (const Case& c : all_cases()) {
    if (c.name == "interleaved" && (c.chunks == 1 || c.micro_batches % c.stages != 0)) continue;
    const Proof proof = check(c.make());
    EXPECT_NEAR(proof.idle, idle_formula(c.name, c.stages, c.chunks, c.micro_batches), 1e-9) << c.text();
  }
  EXPECT_NEAR(idle_formula("1f1b", 4, 1, 8), 3.0 / 11, 1e-15);
  EXPECT_NEAR(idle_formula("interleaved", 4, 2, 8), 3.0 / 19, 1e-15);
  EXPECT_NEAR(idle_formula("naive", 4, 1, 8), 3.0 / 4, 1e-15);
  EXPECT_NEAR(idle_formula("zb-h1", 4, 1, 8), 3.0 / 27, 1e-15);
  EXPECT_NEAR(idle_formula("zb-h1", 4, 1, 3), 1 - 9.0 / 13, 1e-15);
}

// The gradient of a stage's input leaves before the last product of its backward step. With L layers a stage, all products of length 1,
// a step takes 3 L (m + p - 1), and p - 1 less with that: by formula and counted. The example of the text: 3 stages of a layer, 8 and 6.
TEST(Schedules, EndEarlierWhereInputGradientsLeaveFirst) {
  for (const Case& c : all_cases()) {
    if ((c.name != "gpipe" && c.name != "1f1b") || c.stages > 5 || c.micro_batches > 9) continue;
    for (int layers : {1, 2, 5}) {
      const std::vector<double> forward_products(size_t(c.stages), layers), backward_products(size_t(c.stages), 2 * layers);
      const int all = 3 * layers * (c.micro_batches + c.stages - 1);
      EXPECT_EQ(times_of(c.make(), forward_products, backward_products).length, all) << c.text();
      EXPECT_EQ(times_of(c.make(), forward_products, backward_products, 1).length, all - (c.stages - 1)) << c.text();
    }
  }
  const Schedule three = make_schedule("1f1b", 3, 1, 1);  // the first layer has no dx
  EXPECT_EQ(times_of(three, {1, 1, 1}, {1, 2, 2}).length, 8);
  EXPECT_EQ(times_of(three, {1, 1, 1}, {1, 2, 2}, 1).length, 6);
}

// With all passes equally long, zb-h1 waits for p - 1 units and not 3 (p - 1), and its stages compute in every unit else. Found a second
// time, and with halves of other lengths; the numbers of the text, 8 stages and 16 micro-batches.
TEST(Halves, FillTheIdleTimeAtTheEnd) {
  for (const Case& c : all_cases()) {
    if (c.name != "zb-h1") continue;
    const Schedule schedule = c.make(), whole = make_schedule("1f1b", c.stages, 1, c.micro_batches);
    const int m = c.micro_batches, p = c.stages;
    EXPECT_DOUBLE_EQ(check(schedule).length, 2 * m + std::max(m, p) + p - 1) << c.text();
    EXPECT_DOUBLE_EQ(check(whole).length, 3 * (m + p - 1)) << c.text();
    if (p > 6 || m > 9) continue;
    StepTimes times = equal_times(p);
    for (size_t i = 0; i < size_t(p); ++i)
      times.forward[i] = 1 + double(i % 2), times.backward[i] = 2 + double(i * 3 % 4), times.weights.push_back(0.5 + double(i % 3) / 4);
    EXPECT_DOUBLE_EQ(check(schedule, times).length, times_of(schedule, times.forward, times.backward, 0, times.weights).length) << c.text();
  }
  const auto expect = [](const char* name, int chunks, double length, int first, int last) {
    const size_t all = size_t(8 * chunks);
    const Proof proof = check(make_schedule(name, 8, chunks, 16), {std::vector(all, 1.0 / chunks), std::vector(all, 2.0 / chunks)});
    EXPECT_DOUBLE_EQ(proof.length, length) << name;
    EXPECT_EQ(proof.kept.front(), first) << name;
    EXPECT_EQ(proof.kept.back(), last) << name;
  };
  expect("1f1b", 1, 69, 8, 1);
  expect("interleaved", 2, 58.5, 23, 9);
  expect("zb-h1", 1, 55, 8, 8);
  EXPECT_NEAR(idle_formula("1f1b", 8, 1, 16), 0.304, 0.0005);
  EXPECT_NEAR(idle_formula("interleaved", 8, 2, 16), 0.179, 0.0005);
  EXPECT_NEAR(idle_formula("zb-h1", 8, 1, 16), 0.127, 0.0005);
}

TEST(Halves, ASmallOneStepByStep) {
  const Schedule schedule = make_schedule("zb-h1", 2, 1, 3);
  EXPECT_EQ(schedule.steps[0], (std::vector<Step>{{forward, 0, 0}, {forward, 0, 1}, {backward, 0, 0}, {weights, 0, 0}, {forward, 0, 2},
                                                  {backward, 0, 1}, {weights, 0, 1}, {backward, 0, 2}, {weights, 0, 2}}));
  EXPECT_EQ(schedule.steps[1], (std::vector<Step>{{forward, 1, 0}, {backward, 1, 0}, {forward, 1, 1}, {backward, 1, 1}, {weights, 1, 0},
                                                  {forward, 1, 2}, {backward, 1, 2}, {weights, 1, 1}, {weights, 1, 2}}));
  EXPECT_EQ(schedule.slots, (std::vector<int>{2, 2}));
}

TEST(Halves, KeepEverything) {
  EXPECT_EQ(error_of([] { make_schedule("zb-h1", 2, 1, 4, 2); }), "schedule: zb-h1 keeps all activations, not every 2-th: it needs them twice");
  EXPECT_EQ(error_of([] { make_schedule("zb-h1", 2, 2, 4); }), "schedule: 2 chunks a stage need the interleaved one, not zb-h1");
  EXPECT_EQ(make_schedule("zb-h1", 2, 1, 4, 1).keep_every, 1);
  EXPECT_EQ(make_schedule("gpipe", 2, 1, 4, 3).keep_every, 3);
}

// A receive that is posted while its buffer is needed, and one that nobody posts: see Checker. Posted in time, a send is complete when
// it has begun: with 1f1b no stage waits for its receiver, whatever the times.
TEST(Schedules, PostReceivesAsSoonAsASlotIsFree) {
  const Schedule schedule = make_schedule("1f1b", 2, 1, 3);
  std::vector<std::string> told;
  for (const Action& action : actions_of(schedule, 1))
    if (action.what == Do::post_receive || action.what == Do::compute)
      told.push_back((action.what == Do::compute ? "" : "post ") + text_of(action.step));
  EXPECT_EQ(told, (std::vector<std::string>{
                      "post forward of chunk 1, micro-batch 0", "forward of chunk 1, micro-batch 0", "backward of chunk 1, micro-batch 0",
                      "post forward of chunk 1, micro-batch 1", "forward of chunk 1, micro-batch 1", "backward of chunk 1, micro-batch 1",
                      "post forward of chunk 1, micro-batch 2", "forward of chunk 1, micro-batch 2", "backward of chunk 1, micro-batch 2"}));
}

// Where the stages do not divide the micro-batches, the interleaved one loses something, but not to the plain cut.
TEST(Schedules, InterleavedIsNeverSlowerThanOneChunkAStage) {
  for (const Case& c : all_cases()) {
    if (c.name != "interleaved") continue;
    const StepTimes shorter{std::vector(size_t(c.stages * c.chunks), 1.0 / c.chunks),
                            std::vector(size_t(c.stages * c.chunks), 2.0 / c.chunks)};
    const double plain = check(make_schedule("1f1b", c.stages, 1, c.micro_batches)).length;
    EXPECT_LE(check(c.make(), shorter).length, plain + 1e-9) << c.text();
  }
}

TEST(Schedules, KeepAsMuchAsTheFormulaSays) {
  for (const Case& c : all_cases()) {
    const Schedule schedule = c.make();
    const Proof proof = check(schedule);
    for (int stage = 0; stage < c.stages; ++stage) {
      const int m = c.micro_batches, behind = c.stages - 1 - stage, all = m * c.chunks;
      const int expected = c.name == "naive"    ? 1
                           : c.name == "gpipe"  ? m
                           : c.name == "1f1b"   ? std::min(m, behind + 1)
                           : c.name == "zb-h1"  ? std::min(m, c.stages)
                                                : std::min(all, (c.chunks - 1) * c.stages + 2 * behind + 1);
      EXPECT_LE(proof.kept[size_t(stage)], expected) << c.text() << ", stage " << stage;
      if (c.name == "interleaved" && m % c.stages != 0) continue;  // fewer in the last group
      EXPECT_EQ(proof.kept[size_t(stage)], expected) << c.text() << ", stage " << stage;
    }
    for (int chunk = 0; chunk < schedule.chunks(); ++chunk)
      EXPECT_EQ(schedule.slots[size_t(chunk)],
                most_in_flight(schedule, chunk));
  }
}

TEST(Schedules, ASmallOneStepByStep) {
  const Schedule schedule = make_schedule("1f1b", 2, 1, 3);
  const std::vector<Step> first = {{forward, 0, 0},  {forward, 0, 1},  {backward, 0, 0},
                                   {forward, 0, 2},  {backward, 0, 1}, {backward, 0, 2}};
  const std::vector<Step> second = {{forward, 1, 0},  {backward, 1, 0}, {forward, 1, 1},
                                    {backward, 1, 1}, {forward, 1, 2},  {backward, 1, 2}};
  EXPECT_EQ(schedule.steps[0], first);
  EXPECT_EQ(schedule.steps[1], second);
  const Proof proof = check(schedule);
  EXPECT_DOUBLE_EQ(proof.length, 12);  // (3 + 1) times 1 + 2
  EXPECT_DOUBLE_EQ(proof.idle, 0.25);
}

TEST(Schedules, RefuseWhatTheyCannotDo) {
  const auto refusal = [](const char* name, int stages, int chunks, int micro_batches) {
    return error_of([&] { make_schedule(name, stages, chunks, micro_batches); });
  };
  EXPECT_EQ(refusal("gpipe", 2, 2, 4), "schedule: 2 chunks a stage need the interleaved one, not gpipe");
  EXPECT_EQ(refusal("gpipe", 0, 1, 4), "schedule: 0 stages, 1 chunks each, 4 micro-batches: all must be at least 1");
  EXPECT_EQ(refusal("gpipe", 2, 1, 0), "schedule: 2 stages, 1 chunks each, 0 micro-batches: all must be at least 1");
  EXPECT_EQ(refusal("interleaved", 2, 0, 4), "schedule: 2 stages, 0 chunks each, 4 micro-batches: all must be at least 1");
  EXPECT_EQ(refusal("2f2b", 2, 1, 4), "schedule: unknown name 2f2b");
  EXPECT_EQ(refusal("gpipe", 1, 1, 1), "");
}

// Between GPUs a send waits until the receiver has asked for the message before the last one. Here only one may be under way: the run ends
// all the same, and messages are asked for in the order in which they were sent.
TEST(Schedules, EndWithMailboxesThatAreFull) {
  for (const Case& c : all_cases())
    for (const Schedule& schedule : {c.make(), make_evaluation_schedule(c.make(), c.micro_batches)}) {
      using Link = std::tuple<int, int, Pass>;
      std::vector<std::vector<Action>> actions;
      for (int stage = 0; stage < c.stages; ++stage) actions.push_back(actions_of(schedule, stage));
      std::vector<size_t> at(actions.size(), 0);
      std::map<Link, std::vector<Step>> sent;
      std::map<Link, size_t> taken;
      const auto advance = [&](int stage) {
        if (at[size_t(stage)] == actions[size_t(stage)].size()) return false;
        const Action& action = actions[size_t(stage)][at[size_t(stage)]];
        const Link out{stage, action.other, action.step.pass}, in{action.other, stage, action.step.pass};
        if (action.what == Do::send && action.other != stage) {
          if (sent[out].size() > taken[out]) return false;
          sent[out].push_back(action.step);
        } else if (action.what == Do::receive && action.other != stage) {
          if (sent[in].size() == taken[in]) return false;
          EXPECT_EQ(sent[in][taken[in]++], source_of(action.step)) << c.text();
        }
        return ++at[size_t(stage)] > 0;
      };
      for (bool moved = true; std::exchange(moved, false);)
        for (int stage = 0; stage < c.stages; ++stage)
          while (advance(stage)) moved = true;
      for (size_t stage = 0; stage < actions.size(); ++stage) ASSERT_EQ(at[stage], actions[stage].size()) << c.text();
    }
}

// --- Wrong schedules -------------------------------------------------------------------------------------------------

void expect_rejected(const Schedule& schedule, const std::string& reason) {
  const Proof proof = check(schedule);
  EXPECT_FALSE(proof.holds()) << "accepted, although: " << reason;
  EXPECT_TRUE(contains(proof.error, reason));
}

TEST(Checker, RejectsAMissingStep) {
  const Schedule whole = make_schedule("1f1b", 3, 1, 4);
  for (const Step& step : whole.steps[1]) {
    Schedule schedule = whole;
    std::erase(schedule.steps[1], step);
    expect_rejected(schedule, text_of(step) + ": missing");
  }
}

TEST(Checker, RejectsADoubleStep) {
  Schedule schedule = make_schedule("gpipe", 3, 1, 4);
  schedule.steps[2].push_back({backward, 2, 3});
  expect_rejected(schedule, "backward of chunk 2, micro-batch 3: taken twice");
}

TEST(Checker, RejectsStepsThatDoNotExistOrLieElsewhere) {
  Schedule schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.steps[0][0].micro_batch = 2;
  expect_rejected(schedule, "no such chunk or micro-batch");
  schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.steps[0][0].chunk = -1;
  expect_rejected(schedule, "no such chunk or micro-batch");
  schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.steps[0][0].chunk = 2;  // of stage 0, if there were three
  expect_rejected(schedule, "forward of chunk 2, micro-batch 0: there is no such chunk or micro-batch");
  schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.steps[1][0].micro_batch = -1;
  expect_rejected(schedule, "forward of chunk 1, micro-batch -1: there is no such chunk or micro-batch");
  schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.slots[1] = 0;
  expect_rejected(schedule, "a chunk has no slot");
  schedule = make_schedule("gpipe", 2, 1, 2);
  std::swap(schedule.steps[0], schedule.steps[1]);
  expect_rejected(schedule, "not a chunk of stage 0");
  schedule.steps.pop_back();
  expect_rejected(schedule, "as many lists");
}

TEST(Checker, RejectsBackwardInDescendingOrder) {
  Schedule schedule = make_schedule("gpipe", 2, 1, 3);
  for (std::vector<Step>& steps : schedule.steps) std::reverse(steps.begin() + 3, steps.end());
  expect_rejected(schedule, "backward of chunk 0, micro-batch 1: after micro-batch 2");
}

TEST(Checker, RejectsForwardInDescendingOrder) {
  Schedule schedule = make_schedule("gpipe", 2, 1, 3);
  for (std::vector<Step>& steps : schedule.steps) std::reverse(steps.begin(), steps.begin() + 3);
  expect_rejected(schedule, "after micro-batch");
}

TEST(Checker, RejectsBackwardBeforeForward) {
  Schedule schedule = make_schedule("naive", 2, 1, 2);
  for (std::vector<Step>& steps : schedule.steps) std::swap(steps[0], steps[1]);
  expect_rejected(schedule, "before its forward step");
}

TEST(Checker, RejectsHalvesThatAreNotThereOrNotInOrder) {
  const Schedule whole = make_schedule("zb-h1", 3, 1, 5);
  for (const Step& step : whole.steps[1]) {
    Schedule schedule = whole;
    std::erase(schedule.steps[1], step);
    expect_rejected(schedule, text_of(step) + ": missing");
  }
  Schedule schedule = whole;  // on the first stage the second half follows the first one
  ASSERT_EQ(schedule.steps[0][4], (Step{weights, 0, 0}));
  std::swap(schedule.steps[0][3], schedule.steps[0][4]);
  expect_rejected(schedule, "weights of chunk 0, micro-batch 0: before its backward step");
  schedule = whole;
  schedule.halves = false;
  expect_rejected(schedule, "weights of chunk 0, micro-batch 0: backward is one step here");
  schedule = whole;  // the second half still needs what the first one has left
  --schedule.slots[2];
  expect_rejected(schedule, "forward of chunk 2, micro-batch 2: overwrites the activations of micro-batch 0");
  schedule = whole;
  std::iter_swap(schedule.steps[2].end() - 1, schedule.steps[2].end() - 2);
  expect_rejected(schedule, "weights of chunk 2, micro-batch 3: after micro-batch 4");
}

// Its slot is not empty, but holds another micro-batch.
TEST(Checker, RejectsBackwardOfAnotherMicroBatch) {
  Schedule schedule{.stages = 1, .micro_batches = 2, .slots = {1}, .steps = {}};
  schedule.steps = {{{forward, 0, 0}, {backward, 0, 1}, {forward, 0, 1}, {backward, 0, 0}}};
  expect_rejected(schedule, "backward of chunk 0, micro-batch 1: before its forward step");
}

// A micro-batch more in flight than the chunk has slots for: all micro-batches in one buffer is the extreme.
TEST(Checker, RejectsActivationsFreedEarly) {
  for (const char* name : {"gpipe", "1f1b"}) {
    Schedule schedule = make_schedule(name, 3, 1, 6);
    --schedule.slots[0];
    expect_rejected(schedule, "overwrites the activations of micro-batch 0");
  }
  Schedule schedule = make_schedule("interleaved", 2, 2, 4);
  schedule.slots[1] = 1;
  expect_rejected(schedule, "overwrites the activations of micro-batch 0");
}

// The second chunk of stage 0 first: its input comes from a micro-batch that has not begun.
TEST(Checker, RejectsADeadlockOfReceives) {
  Schedule schedule = make_schedule("interleaved", 2, 2, 1);
  std::swap(schedule.steps[0][0], schedule.steps[0][1]);
  expect_rejected(schedule, "deadlock: stage 0 waits for the input of forward of chunk 2, micro-batch 0; stage 1 waits "
                            "for the input of forward of chunk 1, micro-batch 0");
}

TEST(Checker, RejectsADeadlockAmongManyStages) {
  // Every stage wants its last chunk's forward pass before its first one's.
  Schedule schedule = make_schedule("interleaved", 4, 2, 4);
  for (std::vector<Step>& steps : schedule.steps)
    std::stable_partition(steps.begin(), steps.end(), [](const Step& step) { return step.chunk >= 4; });
  expect_rejected(schedule, "deadlock");
}

// Right in every chunk, and with MPI that buffers small messages it would end. But stage 0 writes the output of
// micro-batch 3 where that of micro-batch 2 lies, for which stage 1 has room only after chunk 2 has come by. (Micro-batch 1 goes
// into the room of micro-batch 0, for which the receive is posted early.)
Schedule deadlock_of_a_send() {
  Schedule schedule{.stages = 2, .micro_batches = 4, .trains = false, .slots = {1, 1, 1, 1}, .steps = {{}, {}}};
  for (const int chunk : {0, 2})
    for (int m = 0; m < 4; ++m) schedule.steps[0].push_back({forward, chunk, m});
  for (int m = 0; m < 4; ++m)
    for (const int chunk : {1, 3}) schedule.steps[1].push_back({forward, chunk, m});
  return schedule;
}

TEST(Checker, RejectsADeadlockOfSends) {
  Schedule schedule = deadlock_of_a_send();
  expect_rejected(schedule, "deadlock: stage 0 waits for its last send before forward of chunk 0, micro-batch 3");
  schedule.slots[0] = 2;
  EXPECT_TRUE(check(schedule).holds()) << check(schedule).error;
}

TEST(Checker, RejectsABufferOfItsOwnThatIsOverwritten) {
  Schedule schedule{.stages = 1, .micro_batches = 2, .trains = false, .slots = {1, 1}, .steps = {}};
  schedule.steps = {{{forward, 0, 0}, {forward, 0, 1}, {forward, 1, 0}, {forward, 1, 1}}};
  expect_rejected(schedule, "deadlock: stage 0 waits for its last send before forward of chunk 0, micro-batch 1");
}

TEST(Checker, RejectsBackwardStepsInAnEvaluation) {
  Schedule schedule = make_schedule("gpipe", 2, 1, 2);
  schedule.trains = false;
  expect_rejected(schedule, "this schedule only evaluates");
}

// --- Messages --------------------------------------------------------------------------------------------------------

TEST(Messages, TagsTellDirectionChunkAndMicroBatchApart) {
  for (int chunks : {1, 2, 7, 16, 64}) {
    std::set<int> tags;
    const int micro_batches = 64;
    for (Pass pass : {forward, backward})
      for (int chunk = 0; chunk < chunks; ++chunk)
        for (int m = 0; m < micro_batches; ++m) tags.insert(message_tag({pass, chunk, m}, chunks));
    EXPECT_EQ(tags.size(), size_t(2 * chunks * micro_batches));
    EXPECT_GE(*tags.begin(), 0);
  }
}

TEST(Messages, TagsStayBelowTheLimitOfMpi) {
  for (int chunks : {1, 3, 1000})
    for (int m : {0, 1000, 32767, 1 << 20}) EXPECT_LE(message_tag({backward, chunks - 1, m}, chunks), 32767);
  EXPECT_EQ(error_of([] { message_tag({forward, 0, 0}, 1001); }), "pipeline: 1001 chunks, more than 1000");
  // All of them are used before one is used again.
  EXPECT_EQ(message_tag({backward, 0, 16383}, 1), 32767);
  EXPECT_EQ(message_tag({forward, 0, 16384}, 1), 0);
  EXPECT_EQ(message_tag({backward, 1, 2}, 3), 2 * 6 + 2 * 1 + 1);
}

TEST(Messages, EveryMessageIsSentAndReceivedOnce) {
  for (const Case& c : all_cases()) {
    const Schedule schedule = c.make();
    size_t received = 0, sent = 0;
    for (int stage = 0; stage < c.stages; ++stage)
      for (const Action& action : actions_of(schedule, stage)) {
        received += action.what == Do::receive;
        sent += action.what == Do::send;
      }
    const size_t expected = size_t(2 * (schedule.chunks() - 1) * c.micro_batches);
    ASSERT_EQ(received, expected) << c.text();
    ASSERT_EQ(sent, expected) << c.text();
  }
}

// --- Cuts ------------------------------------------------------------------------------------------------------------

TEST(Cuts, OperationsLeaveOutTheGradientOfTheInput) {
  const std::vector<int> sizes = {784, 512, 256, 10};
  EXPECT_EQ(operations(sizes, 0), 2u * 784 * 512);
  EXPECT_EQ(operations(sizes, 1), 3u * 512 * 256);
  EXPECT_EQ(operations(sizes, Range{0, 3}, true), 784u * 512 + 512u * 256 + 256u * 10);
}

// The best largest chunk, by trying all cuts.
size_t smallest_maximum(const std::vector<int>& sizes, size_t first, int chunks) {
  const size_t depth = sizes.size() - 1;
  if (chunks == 1) return operations(sizes, Range{first, depth});
  size_t best = SIZE_MAX;
  for (size_t end = first + 1; end + size_t(chunks) - 1 <= depth; ++end)
    best = std::min(best, std::max(operations(sizes, Range{first, end}), smallest_maximum(sizes, end, chunks - 1)));
  return best;
}

TEST(Cuts, AreBalancedAndComplete) {
  for (const std::vector<int>& sizes : {std::vector<int>{784, 512, 256, 10}, {5, 900, 3, 77, 20, 41, 8, 8, 300, 2}, {1, 1, 1}})
    for (int chunks = 1; chunks < int(sizes.size()); ++chunks) {
      const std::vector<Range> cut = balanced_chunks(sizes, chunks);
      ASSERT_EQ(int(cut.size()), chunks);
      size_t next = 0, largest = 0;
      for (const Range& layers : cut) {
        EXPECT_EQ(layers.first, next);
        EXPECT_FALSE(layers.empty());
        next = layers.last;
        largest = std::max(largest, operations(sizes, layers));
      }
      EXPECT_EQ(next, sizes.size() - 1);
      EXPECT_EQ(largest, smallest_maximum(sizes, 0, chunks));
    }
}

TEST(Cuts, OfEqualLayersAreEqual) {
  const std::vector<int> sizes(17, 10);
  for (const Range& layers : balanced_chunks(sizes, 8)) EXPECT_EQ(layers.size(), 2u);
}

// The last layer costs more than all others together: below it every cut has the same largest chunk, but one is more even.
TEST(Cuts, AreEvenAlsoWhereOneLayerIsTheLargest) {
  EXPECT_EQ(balanced_chunks({3, 2, 2, 2, 2, 50}, 3), (std::vector<Range>{{0, 2}, {2, 4}, {4, 5}}));
  EXPECT_EQ(balanced_chunks({3, 2, 2, 2, 2, 2, 2, 50}, 4), (std::vector<Range>{{0, 2}, {2, 4}, {4, 6}, {6, 7}}));
}

// Four layers alike: one of three chunks has two of them. Among equally even cuts it is always the same one.
TEST(Cuts, AmongEqualOnesTheLastChunkIsTheLongest) {
  EXPECT_EQ(operations({9, 6, 6, 6, 6}, 0), operations({9, 6, 6, 6, 6}, 3));
  EXPECT_EQ(balanced_chunks({9, 6, 6, 6, 6}, 3), (std::vector<Range>{{0, 1}, {1, 2}, {2, 4}}));
}

// What the text says of four stages with two chunks each and 8 micro-batches, and of four chunks each: how many activations are
// in use at once, and for how many there is room, since a chunk's slots are of no use to another chunk.
TEST(Interleaved, AllocatesMoreThanItUses) {
  const auto used_and_allocated = [](int chunks, int micro_batches) {
    const Schedule schedule = make_schedule("interleaved", 4, chunks, micro_batches);
    const Proof proof = check(schedule);
    std::vector<std::pair<int, int>> stages;
    for (int stage = 0; stage < 4; ++stage) stages.emplace_back(proof.kept[size_t(stage)], schedule.slots_of(stage));
    return stages;
  };
  using Stages = std::vector<std::pair<int, int>>;
  EXPECT_EQ(used_and_allocated(2, 8), (Stages{{11, 12}, {9, 12}, {7, 10}, {5, 6}}));
  EXPECT_EQ(used_and_allocated(4, 16)[0], (std::pair{19, 24}));
}

TEST(Cuts, RefuseMoreChunksThanLayersAndWrongSums) {
  const std::vector<int> sizes = {4, 3, 3, 2};
  EXPECT_EQ(error_of([&] { balanced_chunks(sizes, 4); }), "pipeline: 4 chunks of layers are more than the network's 3 layers");
  const auto refusal = [&](const std::vector<int64_t>& layers) { return error_of([&] { given_chunks(sizes, 2, layers); }); };
  const std::string expected = ", expected 2 positive ones with the sum 3, the layers of the network";
  EXPECT_EQ(refusal({2, 2}), "--split: 2 numbers with the sum 4" + expected);
  EXPECT_EQ(refusal({3, 0}), "--split: 2 numbers with the sum 3" + expected);
  EXPECT_EQ(refusal({3}), "--split: 1 numbers with the sum 3" + expected);
  EXPECT_EQ(given_chunks(sizes, 2, {1, 2}), (std::vector<Range>{{0, 1}, {1, 3}}));
}

TEST(Cuts, StagesCoverTheNetworkWithTheWeightsOfTheWhole) {
  const std::vector<int> sizes = {9, 7, 8, 6, 5, 4, 3};
  const Layout network = make_layout(sizes);
  std::vector<float> whole(network.count);
  initialize(whole.data(), network, 3);
  const std::vector<Range> chunks = balanced_chunks(sizes, 6);
  size_t count = 0;
  for (int stage = 0; stage < 3; ++stage) {
    const StageLayout layout = make_stage_layout(sizes, chunks, 3, stage);
    std::vector<float> weights(layout.count);
    initialize(weights.data(), layout, 3);
    count += layout.count;
    for (size_t c = 0; c < layout.chunks.size(); ++c)
      EXPECT_TRUE(std::equal(weights.begin() + ptrdiff_t(layout.offsets[c]),
                             weights.begin() + ptrdiff_t(layout.offsets[c] + layout.chunks[c].count),
                             whole.begin() + ptrdiff_t(layout.whole[c].first)));
  }
  EXPECT_EQ(count, network.count);
}

TEST(Cuts, AnUnequalOneIsPlannedSo) {
  // Stage 0 has three times the work of stage 1: the pipeline runs at its pace.
  const StepTimes times{{3, 1}, {6, 2}};
  const Proof proof = check(make_schedule("gpipe", 2, 1, 4), times);
  EXPECT_DOUBLE_EQ(proof.length, 4 * 9 + 1 + 2);
}

}  // namespace
