// What stands around the live figures of the book: controls, questions and their answers, commands; and drawings on a narrow page. What they
// draw and say of each chapter's subject is compared in NN_live_test.
#include "tests/live_figure.h"

namespace {

struct Around {
  LiveAnswer all;
  explicit Around(const std::string& figure) {
    const ProgramRun node = run_program("node tests/live_figure.js " + figure + " about");
    EXPECT_EQ(node.status, 0) << node.output;
    std::istringstream text(node.output);
    for (std::string line; std::getline(text, line);) all.values[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    for (int i = 0; all.has("wrong." + std::to_string(i)); ++i) ADD_FAILURE() << figure << ": " << all.text("wrong." + std::to_string(i));
  }
  std::string list(const std::string& of) const {
    std::string words;
    for (int i = 0; all.has(of + "." + std::to_string(i)); ++i) words += (i ? "|" : "") + all.text(of + "." + std::to_string(i));
    return words;
  }
  // Each control: its values, and which one is the first.
  std::string control(const std::string& name) const { return list("values." + name) + " [" + all.text("first." + name) + "]"; }
  std::string right() const { return all.text("texts." + all.text("right")); }
  bool asks(const std::string& words) const { return all.text("ask").find(words) != std::string::npos; }
  bool because(const std::string& words) const { return all.text("because").find(words) != std::string::npos; }
  double number(const std::string& place) const { return all.number(place); }
};

struct LiveFigures : testing::Test {
  void SetUp() override {
    if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  }
  static bool is_here(const std::string& chapter) { return std::ifstream("chapters/" + chapter + "/live.js").good(); }
};

// A control is set to each of its choices, or to both ends and between.
TEST_F(LiveFigures, OfTraining) {
  if (!is_here("01_serial")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("01_serial");
  EXPECT_EQ(a.control("steps"), "0|100|250|500 [100]");
  EXPECT_EQ(a.control("rate"), "0.003|0.01|0.03|0.1|0.3|1|3 [0.1]");
  EXPECT_EQ(a.control("batch"), "16|32|64|128|256 [64]");
  EXPECT_EQ(a.control("hidden"), "16|32|128|512-256 [32]");
  EXPECT_EQ(a.control("image"), "0|250|499 [0]");
  EXPECT_EQ(a.list("change") + a.all.text("change.rate"), "3") << "thirty times 0.1";
  ASSERT_LT(a.number("then.correct"), a.number("now.correct") / 2);
  EXPECT_EQ(a.right(), "fewer");
  EXPECT_TRUE(a.asks("rate 0.1, " + percent(a.number("now.correct")) + " of the test images are right after 100 steps.")) << a.all.text("ask");
  EXPECT_TRUE(a.all.text("because").starts_with(percent(a.number("then.correct")) + ". ")) << a.all.text("because");
  const auto answers = live_answers("01_serial", {"steps 20", "steps 40; hidden 512-256; batch 128; rate 0.3", "steps 0"});
  EXPECT_EQ(answers[0].text("command"), "make 01 ARGS=\"--hidden 32 --learning-rate 0.1 --batch 64 --train-samples 2500 --epochs 1\"");  // 1280 images
  EXPECT_EQ(answers[1].text("command"), "make 01 ARGS=\"--hidden 512,256 --learning-rate 0.3 --batch 128 --train-samples 2500 --epochs 3\"");  // 5120
  for (const LiveAnswer& live : answers) {
    size_t best = 0;
    for (size_t i = 0; i < 10; ++i)
      if (live.number("probabilities." + std::to_string(i)) > live.number("probabilities." + std::to_string(best))) best = i;
    const int done = int(live.number("done"));
    std::string expected = done == 40 ? "535,818" : "25,450";  // 784 · 512 + 512 + 512 · 256 + 256 + 2570, 784 · 32 + 32 + 330
    expected += " parameters after " + std::to_string(done) + " steps";
    if (done) expected += printed("; the last batch's loss is %.3f", live.number("losses." + std::to_string(done - 1)));
    expected += ". Of 500 images that it was not trained with, " + percent(live.number("correct")) + " are right. This image is a " + std::to_string(best) +
                ", it says, with " + percent(live.number("probabilities." + std::to_string(best))) + ". Paint a digit into the square.";
    EXPECT_EQ(live.text("says"), expected);
    EXPECT_TRUE(contains(live.text("svg"), ">an image of a " + live.text("label") + "<"));
  }
  // Steps that are far too long, and a digit that was painted.
  const auto others = live_answers("01_serial", {"steps 12; hidden 512-256; batch 16; rate 3", "steps 0; digit " + std::string(784, '0').replace(400, 20, 20, 'f')});
  EXPECT_EQ(others[0].text("says"), "535,818 parameters after 12 steps; the last batch's loss is not a number. Of 500 images that it was not trained with, " +
                                        percent(others[0].number("correct")) + " are right. The weights are not numbers. Paint a digit into the square.");
  EXPECT_TRUE(contains(others[1].text("says"), " are right. Your digit is a ") && contains(others[1].text("svg"), ">yours<")) << others[1].text("says");
}

// By hand: eight lanes at a time; 8 words apart they meet in the same banks twice.
TEST_F(LiveFigures, OfAWarpsRequest) {
  if (!is_here("03_fast_kernels")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("03_fast_kernels");
  EXPECT_EQ(a.control("apart"), "-1|16|33 [-1]");
  EXPECT_EQ(a.control("first"), "0|16|31 [0]");
  EXPECT_EQ(a.control("lane"), "-1|15|31 [-1]");
  EXPECT_EQ(a.list("show.lane"), "none|15|31");
  EXPECT_EQ(a.list("show.apart"), "8|64|132") << "what the kernel has, or whole float4";
  EXPECT_EQ(a.list("values.access"), "step 1 reads a|step 2 reads b|step 3 reads a|step 3 reads b|step 4 reads a|step 4 reads b|step 7 reads a|step 7 reads b|step 8 reads a|"
                                     "step 8 reads b|step 11 writes c|step 12 writes c|shared, one row|global, one row");
  EXPECT_EQ(a.all.text("first.access"), "step 7 reads b");
  EXPECT_EQ(a.all.text("change.access"), "step 8 reads b");
  EXPECT_EQ(a.list("texts") + " " + a.right(), "8 wavefronts|4 wavefronts|2 wavefronts 4 wavefronts");
  EXPECT_TRUE(a.asks("8 words behind its neighbour's: 8 wavefronts. In step 8 it lies 4 words behind.")) << a.all.text("ask");
  EXPECT_TRUE(a.because(" 4 wavefronts for four times eight lanes")) << a.all.text("because");
  EXPECT_EQ(live_answers("03_fast_kernels", {"lane 1"})[0].text("command"), "make traffic");
}

// With x = bytes β / α recursive doubling on 4 ranks takes 2 (1 + x), a ring 6 + 3/2 x: equal at x = 8.
TEST_F(LiveFigures, OfACollective) {
  if (!is_here("05_collectives")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("05_collectives");
  EXPECT_EQ(a.control("way"), "allreduce: ring|allreduce: recursive-doubling|allreduce: rabenseifner|allreduce: rank-order|allreduce: reduce-broadcast|"
                              "reduce-scatter: ring|allgather: ring|allgather: bruck|broadcast: tree [allreduce: ring]");
  EXPECT_EQ(a.control("ranks"), "2|4|5|8 [4]");
  EXPECT_EQ(a.control("floats"), "840|8400 [8400]");
  EXPECT_EQ(a.control("step"), "0|2|3|6 [2]");
  EXPECT_EQ(a.all.text("last.step"), "6") << "a ring of four";
  EXPECT_EQ(a.control("alpha"), "1|2|5|10|20|50 [10]");
  EXPECT_EQ(a.control("beta"), "0.05|0.1|0.2|0.5|1|2 [1]");
  EXPECT_EQ(a.control("gamma"), "0|0.1|0.25|0.5|1 [0]");
  EXPECT_EQ(a.all.text("change.alpha"), "20");
  EXPECT_EQ(a.list("texts") + " " + a.right(), "40,000 bytes|80,000 bytes|160,000 bytes 160,000 bytes");
  EXPECT_TRUE(a.asks("α = 10 µs: a ring is faster than recursive doubling from 80,000 bytes on") && a.asks("α = 20 µs")) << a.all.text("ask");
  const std::string faster = " By formula faster than recursive doubling: rabenseifner from 40,000 bytes on, ring from 80,000 bytes on.";
  // Rank r of a ring sends to r + 1; of a tree on 5 ranks 0 sends to 4, then 2, then 1, and 2 to 3. On 8 ranks all together send more than 8.
  const auto answers = live_answers("05_collectives", {"step 2", "way broadcast: tree; ranks 5; floats 840; step 2", "way allreduce: rank-order; ranks 8; step 0; alpha 1; beta 2; gamma 0.5",
                                                       "way allgather: ring; ranks 2; step 1"});
  EXPECT_EQ(answers[0].text("says"), "allreduce: ring of 8,400 floats on 4 ranks, after 2 of 6 steps. Then rank 0 sends 2,100 to 1, rank 1 sends 2,100 to 2, rank 2 sends 2,100 to 3, "
                                     "rank 3 sends 2,100 to 0. The rank that sends most sends 6 messages, 12,600 floats in all." + faster);
  EXPECT_EQ(answers[1].text("says"), "broadcast: tree of 840 floats on 5 ranks, after 2 of 3 steps. Then rank 0 sends 840 to 1, rank 2 sends 840 to 3. The rank that sends most sends "
                                     "3 messages, 2,520 floats in all." + answers[1].text("says").substr(answers[1].text("says").find(" By formula")));
  EXPECT_TRUE(answers[2].text("says").starts_with("allreduce: rank-order of 8,400 floats on 8 ranks, after 0 of 2 steps. Then 56 messages are sent. The rank that sends most sends 14 messages, "
                                                  "14,700 floats in all. By formula faster than")) << answers[2].text("says");
  EXPECT_EQ(answers[3].text("says"), "allgather: ring of 8,400 floats on 2 ranks, after 1 of 1 step. The rank that sends most sends 1 message, 4,200 floats in all. "
                                     "By formula faster than recursive doubling: none.");
  EXPECT_EQ(live_answers("05_collectives", {"way allreduce: sideways"})[0].text("error"), "there is no allreduce: sideways");
  EXPECT_EQ(answers[1].text("command"), "make 05-steps RANKS=5 ARGS=\"--collective broadcast --way tree --floats 840\"; make 05-curves RANKS=1 ARGS=\"--ranks 5 --alpha 10 --beta 1 --gamma 0\"");
  EXPECT_EQ(answers[2].text("command"), "make 05-steps RANKS=8 ARGS=\"--collective allreduce --way rank-order --floats 8400\"; make 05-curves RANKS=1 ARGS=\"--ranks 8 --alpha 1 --beta 2 --gamma 0.5\"");
}

// Adam at level 2: weights, the rank's gradients and the unit in use, two vectors of state of the shard, the other ranks' parts of a unit.
double kept_by_rank_0(size_t ranks) {
  size_t n = 0, shard = 0, largest = 784 * 512 + 512;
  for (size_t unit : {largest, size_t{512 * 512 + 512}, size_t{512 * 10 + 10}}) {
    const size_t times = unit == 512 * 512 + 512 ? 7 : 1;
    n += times * unit, shard += times * (unit / ranks);
  }
  return 4.0 * double(n + shard + largest + 2 * shard + (ranks - 1) * (largest / ranks));
}

TEST_F(LiveFigures, OfMemory) {
  if (!is_here("07_sharded_optimizer")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("07_sharded_optimizer");
  EXPECT_EQ(a.control("level"), "0|2|3 [2]");
  EXPECT_EQ(a.control("ranks"), "1|4|9|16 [4]");
  EXPECT_EQ(a.control("optimizer"), "sgd|momentum|adam [adam]");
  EXPECT_EQ(a.control("bits"), "32|16 [32]");
  EXPECT_EQ(a.control("layers"), "1|8|9|16 [8]");
  EXPECT_EQ(a.control("width"), "64|128|256|512|1024|2048|4096 [512]");
  EXPECT_EQ(a.control("unit"), "1|500000|1000000|5000000 [1]");
  EXPECT_EQ(a.control("micro_batches"), "1|4|17|32 [4]");
  EXPECT_EQ(a.control("prefetch"), "no|yes [no]");
  EXPECT_EQ(a.control("rank"), "0|2|3 [0]");
  EXPECT_EQ(a.all.text("last.rank"), "3") << "the last one of four";
  EXPECT_EQ(a.all.text("change.ranks") + a.all.text("change.micro_batches"), "88");
  const auto mega = [](double bytes) { return printed("%.2f\u00a0MB", bytes / 1e6); };
  EXPECT_EQ(a.list("texts"), mega(kept_by_rank_0(4) / 2) + "|" + mega(kept_by_rank_0(8)) + "|" + mega(kept_by_rank_0(4)));
  EXPECT_EQ(a.right(), mega(kept_by_rank_0(8)));
  EXPECT_TRUE(a.asks("Adam, level 2, 4 ranks: a rank keeps " + mega(kept_by_rank_0(4)) + ". On 8 ranks")) << a.all.text("ask");
  const auto answers = live_answers("07_sharded_optimizer", {"level 1", "ranks 3; layers 2; width 64; optimizer sgd; unit 500000; micro_batches 5; level 3; prefetch yes; bits 16"});
  EXPECT_TRUE(answers[0].text("says").starts_with("2,245,642 parameters of 32 bits, adam, 4 ranks, level 1: rank 0 keeps ")) << answers[0].text("says");
  EXPECT_TRUE(answers[1].text("says").starts_with("55,050 parameters of 16 bits, sgd, 3 ranks, level 3: rank 0 keeps ")) << answers[1].text("says");
  EXPECT_EQ(answers[0].text("command"), "make 07-memory RANKS=4 ARGS=\"--hidden 512,512,512,512,512,512,512,512 --optimizer adam --unit 1 --micro-batches 4\"");
  EXPECT_EQ(answers[1].text("command"), "make 07-memory RANKS=3 ARGS=\"--hidden 64,64 --optimizer sgd --unit 500000 --micro-batches 5 --prefetch --bits 16\"");
}

// The share of (p - 1) of m + p - 1 forward and backward passes.
TEST_F(LiveFigures, OfASchedule) {
  if (!is_here("08_layer_splitting")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("08_layer_splitting");
  EXPECT_EQ(a.control("schedule"), "naive|gpipe|1f1b|interleaved|zb-h1 [1f1b]");
  EXPECT_EQ(a.control("stages"), "1|4|5|8 [4]");
  EXPECT_EQ(a.control("chunks"), "1|2|3|4 [2]");
  EXPECT_EQ(a.control("micro_batches"), "1|8|17|32 [8]");
  EXPECT_EQ(a.control("backward") + a.list("show.backward"), "1|2|3 [2]1 : 1|2 : 1|3 : 1");
  EXPECT_EQ(a.control("moment") + a.list("show.moment"), "0|40|50|100 [40]0 %|40 %|50 %|100 %");
  EXPECT_EQ(a.control("follow") + a.list("show.follow") + a.all.text("last.follow"), "-1|3|7 [-1]none|3|77");
  EXPECT_EQ(a.all.text("change.micro_batches"), "16");
  EXPECT_EQ(a.list("texts"), percent(3 / 11.0) + "|" + percent(3 / 19.0) + "|" + percent(1.5 / 11));
  EXPECT_EQ(a.right(), percent(3 / 19.0));
  EXPECT_TRUE(a.asks("4 stages, 8 micro-batches: the stages are idle for " + percent(3 / 11.0)) && a.asks("twice as many micro-batches, 16,")) << a.all.text("ask");
  EXPECT_TRUE(a.because("The step takes 57 forward passes instead of 33.")) << a.all.text("because");
  EXPECT_EQ(live_answers("08_layer_splitting", {"schedule interleaved; stages 3; chunks 2; micro_batches 6"})[0].text("command"),
            "make 08-plan RANKS=1 ARGS=\"--schedule interleaved --stages 3 --chunks 2 --micro-batches 6\"");
}

// The best interval is a little less than √(2 c M), here with c of 30 s and M of 3600 · 6336 s over the nodes.
TEST_F(LiveFigures, OfARunThatFails) {
  if (!is_here("12_restart")) GTEST_SKIP() << "skipped: no such chapter here";
  const Around a("12_restart");
  EXPECT_EQ(a.control("place"), "0|16|22|44 [16]");
  EXPECT_EQ(a.list("show.place"), printed("50\u00a0s|13.3\u00a0min|37.7\u00a0min|5.98\u00a0h"));  // 800, 2263 and, at the last place, 21527 seconds
  EXPECT_EQ(a.all.text("last.place"), "35");
  EXPECT_EQ(a.control("nodes"), "64|256|1024|2048|4096|16384 [2048]");
  EXPECT_EQ(a.control("checkpoint"), "5|10|30|60|300 [30]");
  EXPECT_EQ(a.control("restart"), "60|300|600|1800 [600]");
  EXPECT_EQ(a.control("seed"), "1|11|20 [1]");
  EXPECT_EQ(a.all.text("change.nodes") + " " + a.all.text("change.place"), "16384 10");
  EXPECT_EQ(a.list("texts") + " " + a.right(), printed("every 13.3\u00a0min|every 4.49\u00a0min|every 1.66\u00a0min every 4.49\u00a0min"));  // 817 and 289 s by Young, and an eighth
  EXPECT_TRUE(a.asks(printed("2048 nodes should save every 13.3\u00a0min. With eight times as many nodes, 16384,"))) << a.all.text("ask");
  double best = 0;
  for (int i = 0; i < 6; ++i) best = std::max(best, a.number("then.rows." + std::to_string(i) + ".formula"));
  EXPECT_TRUE(a.because("only " + percent(best) + " of the time is useful")) << a.all.text("because");
}

// What is around every figure in its page: controls that say their values, a table, a command, a pointer that tries, a question. By hand, for a
// figure with `most` of 3 with kind a and of 10 otherwise; tests/live_page.js says what is done when. Then one that computes in a thread.
TEST(LivePage, ShowsWhatTheReaderSets) {
  if (run_program("command -v node").status != 0) GTEST_SKIP() << "skipped: no node";
  const ProgramRun page = run_program("node tests/live_page.js");
  EXPECT_EQ(page.status, 0);
  EXPECT_EQ(page.output, R"PAGE(p section.live p; live figure: of a test; picture is-live
range steps 1 10 0.5; range plain 0 2 1; hidden hidden - - -
Kind abc | Steps  | Plain ; 1 observer of the drawing: true
<a b="&#34;1&#34; &#38; &#60;2&#62;" c="0.667"><i></i></a>
before it has a size: kind 'b', steps 4, plain 1, hidden 7; kind 'a', steps 4, plain 1, hidden 7
   |  | undefined | , ,  | b, 4, 1, 7
drawn: kind 'b', steps 4, plain 1, hidden '7'
  b 4 500 | b & 4 | , 4 of 10, 1 | b, 4, 1, 7
  th <x>, th y; marked td b, td 4; td 5, td 6
  make|b|ARGS="<4>" of make b  ARGS="<4>"
three changes, two drawings: kind 'b', steps 5, plain 1, hidden '7'; kind 'b', steps 6, plain 1, hidden '7'
  b 6 500 | b & 6 | , 6 of 10, 1 | b, 6, 1, 7
an end that moves: kind 'a', steps 6, plain 1, hidden '7'
  a 3 500 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
refused: kind 'c', steps 3, plain 1, hidden '7'
  a 3 500 | no c here | a & 3 | , 3 of 3, 1 | c, 3, 1, 7
on paper: kind 'b', steps 3, plain 1, hidden '7'
  a 3 500 | no c here | a & 3 | , 3 of 3, 1 | b, 3, 1, 7
narrow: kind 'b', steps 3, plain 1, hidden '7'
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
nothing to change: 
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
pointed at: kind 'a', steps 3, plain 1, hidden '7'
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
and left: kind 'b', steps 3, plain 1, hidden '7'
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
left once more: 
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
pointed at again: kind 'a', steps 3, plain 1, hidden '7'
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
clicked beside it: kind 'b', steps 3, plain 1, hidden '7'
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
pointed at again: kind 'a', steps 3, plain 1, hidden '7'
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
clicked: 
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
back: kind 'b', steps 3, plain 1, hidden '7'
  b 3 320 | b & 3 | , 3 of 10, 1 | b, 3, 1, 7
Before you move anything. most < 10? 10, 3 < 10, 5; 
answered: kind 'a', steps 4, plain 1, hidden '7'
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
10, 3 < 10 right, 5 wrong; No, 3 < 10. From 10 to 3.
again: kind 'a', steps 3, plain 1, hidden '7'
  a 3 320 | a & 3 | , 3 of 3, 1 | a, 3, 1, 7
10, 3 < 10 right, 5; Yes. From 10 to 3.; sends nothing: true
in a thread: 3 some data 3 | 3 of 2 | 3, 4 | 0 rows
refused there: 3 some data 3 | no 9 | 3, 4 | 0 rows
and on: 3 some data 4 | 4 of 4 | 3, 4 | 0 rows
)PAGE");
}

}  // namespace
