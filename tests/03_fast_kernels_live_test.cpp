// The live figure of chapter 03 shows what the counter behind `make traffic` counts, and each word in its bank or sector.
#include <algorithm>
#include <cmath>
#include <set>

#include "chapters/03_fast_kernels/warp_access.h"
#include "common/error.h"
#include "tests/live_figure.h"

namespace {

const std::string figure = "03_fast_kernels";

// The words at which the 32 lanes begin, and what that costs, found by hand.
struct Access {
  std::string name;
  bool shared;
  int bytes, across, apart, down, units;
};
const std::vector<Access> accesses = {
    {"step 1 reads a", false, 4, 32, 784, 0, 32},   // a sector for each lane
    {"step 2 reads b", false, 4, 32, 1, 0, 4},      // 32 words side by side
    {"step 3 reads a", true, 4, 16, 0, 17, 1},      // two words, for sixteen lanes each
    {"step 3 reads b", true, 4, 16, 1, 0, 1},
    {"step 4 reads a", true, 4, 8, 0, 136, 1},      // banks 0, 8, 16, 24
    {"step 4 reads b", true, 4, 8, 8, 0, 2},        // the words 0 and 32, 8 and 40, ... in one bank
    {"step 7 reads a", true, 16, 8, 0, 8, 4},       // four parts of eight lanes
    {"step 7 reads b", true, 16, 8, 8, 0, 8},
    {"step 8 reads a", true, 16, 4, 0, 4, 4},
    {"step 8 reads b", true, 16, 4, 4, 0, 4},
    {"step 11 writes c", false, 4, 4, 4, 512, 16},  // eight rows, two sectors in each
    {"step 12 writes c", false, 16, 4, 4, 512, 16}, // the same, all of them
    {"shared, one row", true, 4, 32, 1, 0, 1},
    {"global, one row", false, 4, 32, 1, 0, 4}};

struct Setting {
  const Access* access;
  int apart, first, lane;  // the first two in pieces of what a lane moves; apart -1: as it is
  int begin(int l) const {
    const int piece = access->bytes / 4;
    return first * piece + l % access->across * (apart < 0 ? access->apart : apart * piece) + l / access->across * access->down;
  }
  std::string line() const {
    std::ostringstream text;
    text << "access " << access->name << "; apart " << apart << "; first " << first << "; lane " << lane;
    return text.str();
  }
};

// Without the tools, too: each step's request, its price, and as many rows of the answer.
TEST(WarpAccess, WavefrontsAndSectorsByHand) {
  ASSERT_EQ(warp_accesses().size(), accesses.size());
  for (const Access& by_hand : accesses) {
    SCOPED_TRACE(by_hand.name);
    const WarpAccess& access = warp_access(by_hand.name);
    const cuda_on_cpu::Request request = request_of(access, 3 * access.bytes / 4);
    for (int lane = 0; lane < 32; ++lane) ASSERT_EQ(request.begin[lane], 4 * uintptr_t(Setting{&by_hand, -1, 3, 0}.begin(lane)));
    cuda_on_cpu::Traffic traffic;
    add(traffic, request_of(access), access.shared);
    EXPECT_EQ(traffic.units, size_t(by_hand.units));
    const std::vector<AnsweredWord> answer = answer_to(request_of(access), access.shared);
    EXPECT_EQ(answer.back().row + 1, unsigned(by_hand.shared ? by_hand.units : (by_hand.units + 3) / 4));
    size_t wanted = 0;
    std::set<std::pair<unsigned, unsigned>> places;
    for (const AnsweredWord& word : answer) {
      wanted += word.lanes.size();
      places.insert({word.row, word.column});
      const unsigned together = by_hand.shared ? 32 : 8;  // banks, or words of a sector
      EXPECT_EQ(word.column % together, word.word % together);
      EXPECT_LT(word.column, 32u);
      for (const unsigned lane : word.lanes) {
        const int behind = int(word.word) - Setting{&by_hand, -1, 0, 0}.begin(int(lane));
        EXPECT_TRUE(behind >= 0 && behind < by_hand.bytes / 4) << lane;
      }
    }
    EXPECT_EQ(places.size(), answer.size());
    EXPECT_EQ(wanted, size_t(32 * by_hand.bytes / 4));
  }
  EXPECT_THROW(warp_access("sideways"), Error);
}

TEST(LiveRequests, AreThoseOfTheCounter) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  std::vector<Setting> settings;
  std::vector<std::string> lines;
  for (const Access& access : accesses)
    for (int apart : {-1, 0, 1, 2, 3, 7, 16, 31, 32, 33})
      for (int first : {0, 5}) settings.push_back({&access, apart, first, int(settings.size() * 5 % 33) - 1});
  ASSERT_GE(settings.size(), 200u);
  for (const Setting& s : settings) lines.push_back(s.line());
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  std::vector<size_t> least;
  for (const Access& access : accesses) {
    cuda_on_cpu::Traffic traffic;
    add(traffic, request_of(warp_access(access.name)), access.shared);
    least.push_back(traffic.least);
  }
  EXPECT_EQ(least[0], 4u) << "32 words, whose sectors bring one of eight";
  for (size_t k = 0; k < settings.size(); ++k) {
    const Setting& s = settings[k];
    const LiveAnswer& live = answers[k];
    SCOPED_TRACE(lines[k] + live.text("error"));
    const auto& [name, shared, bytes, across, apart, down, by_hand] = *s.access;
    cuda_on_cpu::Request request{};
    for (int lane = 0; lane < 32; ++lane) request.begin[lane] = 4096 + 4 * uintptr_t(s.begin(lane)), request.bytes[lane] = unsigned(bytes);
    cuda_on_cpu::Traffic traffic;
    add(traffic, request, shared);
    ASSERT_EQ(live.number("units"), traffic.units);
    ASSERT_EQ(live.number("least"), traffic.least);
    ASSERT_EQ(live.number("shared"), shared);
    if (s.apart < 0 && s.first == 0) { ASSERT_EQ(traffic.units, by_hand); }
    for (size_t i = 0; i < accesses.size(); ++i) {
      const std::string place = "accesses." + std::to_string(i) + ".";
      ASSERT_EQ(live.text(place + "name"), accesses[i].name);
      ASSERT_EQ(live.number(place + "units"), accesses[i].units);
      ASSERT_EQ(live.number(place + "bytes"), accesses[i].bytes);
      ASSERT_EQ(live.number(place + "shared"), accesses[i].shared);
      ASSERT_EQ(live.number(place + "least"), least[i]);
    }

    const std::string many = std::to_string(traffic.units) + (shared ? " wavefront" : " sector") + (traffic.units == 1 ? "" : "s");
    ASSERT_TRUE(live.text("says").starts_with(name + ", " + std::to_string(bytes) + " bytes a lane" + (bytes == 16 && shared ? ", answered for 8 lanes at a time" : "") + ": " +
                                              many + "; the same words could need " + std::to_string(traffic.least) + ".")) << live.text("says");
    std::string words;
    for (int word = s.begin(s.lane); s.lane >= 0 && word < s.begin(s.lane) + bytes / 4; ++word) words += (words.empty() ? "" : ", ") + std::to_string(word);
    ASSERT_EQ(live.text("says").find(" Lane ") != std::string::npos, s.lane >= 0);
    if (s.lane >= 0) { ASSERT_NE(live.text("says").find((bytes == 16 ? "wants the words " : "wants the word ") + words + ": "), std::string::npos) << words; }
    for (size_t i = 0; i < accesses.size(); ++i) {
      const std::string cell = "table." + std::to_string(i + 1) + ".";
      ASSERT_EQ(live.text(cell + "0"), accesses[i].name);
      ASSERT_EQ(live.text(cell + "1"), std::to_string(accesses[i].bytes));
      ASSERT_EQ(live.text(cell + "4"), std::to_string(least[i]));
      ASSERT_EQ(live.text(cell + (accesses[i].shared ? "2" : "3")), std::to_string(accesses[i].units));
      ASSERT_EQ(live.text(cell + (accesses[i].shared ? "3" : "2")), "");
    }

    // What is said of the lane that is followed, and how its words stand out: by the cells, which are compared below.
    std::string groups, places, several;
    double row_of_lane = -1;
    for (int cell = 0; live.has("cells." + std::to_string(cell) + ".0"); ++cell) {
      const std::string place = "cells." + std::to_string(cell) + ".";
      std::vector<int> wanting;
      for (int i = 3; live.has(place + std::to_string(i)); ++i) wanting.push_back(int(live.number(place + std::to_string(i))));
      const bool followed = std::ranges::find(wanting, s.lane) != wanting.end();
      groups += std::string("<g") + (s.lane >= 0 && !followed ? " opacity=\"0.3\"" : "");
      groups += wanting.empty() ? ">" : " data-set=\"lane " + std::to_string(followed ? s.lane : wanting[0]) + "\">";
      if (!followed) continue;
      if (row_of_lane < 0) row_of_lane = live.number(place + "0"), places = shared ? "" : std::to_string(int(4 * row_of_lane + std::floor(live.number(place + "1") / 8)) + 1);
      if (shared) several = places.empty() ? "" : "s", places += (places.empty() ? "" : ", ") + live.text(place + "1");
    }
    std::string drawn_groups;
    const std::string& drawing = live.text("svg");
    for (size_t at = 0; (at = drawing.find("<g", at)) != std::string::npos; ++at) drawn_groups += drawing.substr(at, drawing.find('>', at) - at + 1);
    ASSERT_EQ(drawn_groups, groups);
    if (s.lane >= 0) {
      const std::string end = shared ? ": bank" + several + " " + places + ", wavefront " + std::to_string(int(row_of_lane) + 1) + "." : ": sector " + places + ".";
      ASSERT_TRUE(live.text("says").ends_with(end)) << live.text("says") << "\n" << end;
    }

    // Each lane finds each of its words in one cell; a place is given once.
    std::set<std::pair<int, int>> taken;
    std::set<std::pair<int, int>> found;  // lane, word
    int rows = 0, cells = 0, wanted = 0;
    const int lanes = shared && bytes == 16 ? 8 : 32;
    std::vector<int> last_row(size_t(32 / lanes), -1), first_row(size_t(32 / lanes), 1000);
    const std::vector<std::string> x = drawn(live, "word", "x"), y = drawn(live, "word", "y"), width = drawn(live, "word", "width"), fill = drawn(live, "word", "fill");
    for (std::string place; live.has((place = "cells." + std::to_string(cells) + ".") + "0"); ++cells) {
      const int row = int(live.number(place + "0")), column = int(live.number(place + "1")), word = int(live.number(place + "2"));
      ASSERT_TRUE(taken.insert({row, column}).second);
      rows = std::max(rows, row + 1);
      int all = 0;
      for (std::string lane; live.has(lane = place + std::to_string(3 + all)); ++all) {
        const int l = int(live.number(lane));
        ASSERT_TRUE(word >= s.begin(l) && word < s.begin(l) + bytes / 4);
        ASSERT_TRUE(found.insert({l, word}).second);
        last_row[size_t(l / lanes)] = std::max(last_row[size_t(l / lanes)], row);
        first_row[size_t(l / lanes)] = std::min(first_row[size_t(l / lanes)], row);
      }
      if (shared) { ASSERT_EQ(column, word % 32); }
      else { ASSERT_EQ(column % 8, word % 8); }
      if (all == 0) {
        ASSERT_FALSE(shared) << "a bank that nobody wants gives nothing";
        continue;
      }
      ASSERT_LT(size_t(wanted), x.size());
      const double cell = (760 - 94 - (shared ? 0 : 18)) / 32.0, left = 94 + column * cell + (shared ? 0 : column / 8 * 6);
      ASSERT_NEAR(std::strtod(x[size_t(wanted)].c_str(), nullptr), left + 0.5, 0.001);
      ASSERT_NEAR(std::strtod(y[size_t(wanted)].c_str(), nullptr), 44 + 22 * row, 0.001);
      ASSERT_NEAR(std::strtod(width[size_t(wanted)].c_str(), nullptr), cell - 1, 0.001);
      ASSERT_EQ(fill[size_t(wanted)], all == 1 ? "var(--blue)" : "var(--green)");
      ++wanted;
    }
    ASSERT_EQ(found.size(), size_t(32 * bytes / 4));
    ASSERT_EQ(size_t(wanted), x.size());
    if (shared) {
      ASSERT_EQ(rows, traffic.units);
      for (size_t group = 1; group < last_row.size(); ++group) ASSERT_EQ(first_row[group], last_row[group - 1] + 1) << "one group after the other";
    } else {
      ASSERT_EQ(cells, 8 * traffic.units);
      ASSERT_EQ(rows, (traffic.units + 3) / 4);
      ASSERT_EQ(drawn(live, "unused", "x").size(), size_t(cells - wanted));
    }
  }
}

TEST(LiveRequests, OfAnotherNameAreRefused) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  EXPECT_EQ(live_answers(figure, {"access sideways"})[0].text("error"), "there is no access sideways");
}

TEST(LiveRequests, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  expect_same_picture(figure);
}

}  // namespace
