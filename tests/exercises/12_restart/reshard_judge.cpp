#include <algorithm>
#include <cmath>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

using Integers = std::vector<int>;

std::string text(size_t number) { return std::to_string(number); }
std::string rank_text(size_t rank) { return "rank " + text(rank); }

struct Part {
  Range rows, columns;
  bool has(size_t row, size_t column) const {
    return row >= rows.first && row < rows.last && column >= columns.first && column < columns.last;
  }
  size_t size() const { return rows.size() * columns.size(); }
};

// How w is cut: over a grid of so many ranks, those behind have nothing.
struct Cut {
  size_t down, across;
  std::string in_words() const {
    if (down == 1) return "by columns over " + text(across) + (across == 1 ? " rank" : " ranks");
    if (across == 1) return "by rows over " + text(down) + " ranks";
    return "over a grid of " + text(down) + " x " + text(across) + " ranks";
  }
};

struct Move {
  size_t in, out;
  Cut before, after;
  size_t ranks = 0;
  Floats w = random_floats(in * out);

  Part part(const Cut& cut, size_t rank) const {
    if (rank >= cut.down * cut.across) return {};
    return {share(in, cut.down, rank / cut.across), share(out, cut.across, rank % cut.across)};
  }
  Part had(size_t rank) const { return part(before, rank); }
  Part gets(size_t rank) const { return part(after, rank); }
  float at(size_t row, size_t column) const { return w[row * out + column]; }
  std::string in_words() const {
    return with_ranks(int(ranks)) + ", w of " + text(in) + " x " + text(out) + " first cut " +
           before.in_words() + ", then " + after.in_words() + ": ";
  }
};

struct Element {
  size_t row, column;
  std::string in_words() const { return "w[" + text(row) + "][" + text(column) + "]"; }
};

// The elements of `part` that `other` has, too, row by row.
std::vector<Element> shared(const Part& part, const Part& other) {
  std::vector<Element> elements;
  for (size_t r = part.rows.first; r < part.rows.last; ++r)
    for (size_t c = part.columns.first; c < part.columns.last; ++c)
      if (other.has(r, c)) elements.push_back({r, c});
  return elements;
}
Floats whole(const Move& move, const Part& part) {
  Floats values;
  for (const Element& element : shared(part, part)) values.push_back(move.at(element.row, element.column));
  return values;
}
std::string in_words(const std::vector<Element>& elements) {
  if (elements.empty()) return "they share nothing";
  const Element first = elements.front(), last = elements.back();
  const auto range = [](const std::string& name, size_t from, size_t to) {
    return from == to ? name + " " + text(from) : name + "s " + text(from) + " to " + text(to);
  };
  return "they share " + range("row", first.row, last.row) + ", " +
         range("column", first.column, last.column) + ": " + text(elements.size()) +
         (elements.size() == 1 ? " float" : " floats");
}

// What one rank answers.
struct Call {
  size_t calls = 0, received = 0;
  Floats sent;
  Integers receive_counts, receive_starts, send_counts, send_starts;
  Floats old_part;
};

std::string wrong_lists(const Move& move, const Call& call, size_t rank) {
  const std::pair<const char*, const Integers*> lists[] = {{"receive_counts", &call.receive_counts},
                                                           {"receive_starts", &call.receive_starts},
                                                           {"send_counts", &call.send_counts},
                                                           {"send_starts", &call.send_starts}};
  for (const auto& [name, list] : lists)
    if (list->size() != move.ranks)
      return std::string(name) + " of " + rank_text(rank) + " has " + text(list->size()) +
             " entries; each rank of comm has one";
  return "";
}

// How much goes from one rank to another.
std::string wrong_count(const Move& move, const std::vector<Call>& calls, size_t from, size_t to) {
  const std::vector<Element> elements = shared(move.had(from), move.gets(to));
  const int right = int(elements.size()), sends = calls[from].send_counts[to],
            awaits = calls[to].receive_counts[from];
  const bool rows = right > 0 && elements.back().row > elements.front().row;
  const auto floats = [&](int count) {
    const bool columns = rows && count == int(elements.back().column - elements.front().column + 1);
    return std::to_string(count) + (count == 1 ? " float" : " floats") +
           (columns ? ", which is a number of columns," : "");
  };
  if (from == to && ((sends == 0 && awaits == 0) || (sends == right && awaits == right))) return "";
  if (from == to)
    return rank_text(from) + " sends " + floats(sends) + " to itself and awaits " + floats(awaits) +
           "; it keeps " + floats(right) + ", which may all go through alltoallv, or none of them";
  if (sends != right)
    return rank_text(from) + " sends " + floats(sends) + " to " + rank_text(to) + "; " + in_words(elements);
  if (awaits != right)
    return rank_text(to) + " awaits " + floats(awaits) + " from " + rank_text(from) + "; " +
           in_words(elements);
  return "";
}
std::string wrong_counts(const Move& move, const std::vector<Call>& calls) {
  for (bool itself : {false, true})
    for (size_t from = 0; from < move.ranks; ++from)
      for (size_t to = 0; to < move.ranks; ++to)
        if ((from == to) == itself)
          if (std::string words = wrong_count(move, calls, from, to); !words.empty()) return words;
  return "";
}

std::string wrong_starts(const std::string& array, size_t size, const Integers& counts,
                         const Integers& starts, size_t rank) {
  const std::string name = array == "sent" ? "send_starts" : "receive_starts";
  size_t before = 0;  // where the part begins if they lie one behind the other
  for (size_t r = 0; r < counts.size(); ++r) {
    if (counts[r] == 0) continue;
    const std::string it =
        name + "[" + text(r) + "] of " + rank_text(rank) + " is " + std::to_string(starts[r]);
    if (before > 0 && starts[r] == int(before * sizeof(float)))
      return it + ", which is a number of bytes; starts count floats";
    if (starts[r] < 0 || size_t(starts[r]) + size_t(counts[r]) > size)
      return it + " and its count " + std::to_string(counts[r]) + ", but `" + array + "` has " + text(size) +
             " floats";
    for (size_t other = 0; other < r; ++other)
      if (starts[r] < starts[other] + counts[other] && starts[other] < starts[r] + counts[r])
        return it + ", inside of the part of " + rank_text(other) + ", which has " +
               std::to_string(counts[other]) + " floats from " + std::to_string(starts[other]) +
               " on; starts count floats";
    before += size_t(counts[r]);
  }
  return "";
}

// What `from` sends to `to` if it takes the rows of its old part to have so many elements, and not to begin with its
// first column, but this one.
Floats misread(const Move& move, size_t from, size_t to, size_t columns, size_t first_column) {
  const Part had = move.had(from);
  const Floats part = whole(move, had);
  Floats values;
  for (const Element& element : shared(had, move.gets(to))) {
    const size_t place = (element.row - had.rows.first) * columns + element.column - first_column;
    values.push_back(place < part.size() ? part[place] : NAN);
  }
  return values;
}

bool same_in_any_order(Floats a, Floats b) {
  for (Floats* values : {&a, &b}) {
    std::ranges::replace_if(
        *values, [](float value) { return std::isnan(value); }, 2.0f);  // no element of w
    std::ranges::sort(*values);
  }
  return a == b;
}

// What goes to whom, in whatever order.  The counts and starts are right.
std::string wrong_sent(const Move& move, const Call& call, size_t from, size_t to) {
  const Part had = move.had(from), gets = move.gets(to);
  const std::vector<Element> right = shared(had, gets);
  const auto begin = call.sent.begin() + call.send_starts[to];
  if (call.send_counts[to] == 0) return "";
  const Floats sent(begin, begin + call.send_counts[to]);
  const std::string it =
      "what " + rank_text(from) + " sends to " + (from == to ? "itself" : rank_text(to)) + " ";
  const auto has_misread = [&](size_t columns, size_t first_column) {
    return same_in_any_order(sent, misread(move, from, to, columns, first_column));
  };
  if (has_misread(had.columns.size(), had.columns.first)) return "";
  if (has_misread(had.columns.size(), 0))
    return it + "is read at the numbers that columns have in w; old_part begins with column " +
           text(had.columns.first);
  if (has_misread(gets.columns.size(), had.columns.first))
    return it + "is read as if old_part had " + text(gets.columns.size()) +
           " columns, like the new part of " + rank_text(to) + "; it has " + text(had.columns.size());
  for (float value : sent) {
    if (std::isnan(value)) return it + "is read outside of old_part; " + in_words(right);
    const auto same = [&](const Element& element) { return move.at(element.row, element.column) == value; };
    const std::vector<Element> own = shared(had, had);
    if (const auto found = std::ranges::find_if(own, same); found == own.end())
      return it + "has a number that is not in its old part; " + in_words(right);
    else if (std::ranges::none_of(right, same) || std::ranges::count(sent, value) > 1)
      return it + "has " + found->in_words() + (std::ranges::none_of(right, same) ? "" : " more than once") +
             "; " + in_words(right);
  }
  return "";
}

// The parts of all ranks, taken one after another from `received` as they would be sent row by row, and put somewhere.
Floats unpacked_by_columns(const Move& move, size_t rank) {
  const Part gets = move.gets(rank);
  Floats part(gets.size(), NAN);
  for (size_t from = 0; from < move.ranks; ++from) {
    const std::vector<Element> elements = shared(gets, move.had(from));
    std::vector<Element> places = elements;
    std::ranges::stable_sort(places, {}, &Element::column);
    for (size_t i = 0; i < places.size(); ++i)
      part[(places[i].row - gets.rows.first) * gets.columns.size() + places[i].column - gets.columns.first] =
          move.at(elements[i].row, elements[i].column);
  }
  return part;
}
Floats not_unpacked(const Move& move, size_t rank) {
  Floats part;
  for (size_t from = 0; from < move.ranks; ++from)
    for (const Element& element : shared(move.gets(rank), move.had(from)))
      part.push_back(move.at(element.row, element.column));
  return part;
}

// What was sent is right.
std::string wrong_part(const Move& move, const Floats& new_part, size_t rank) {
  const Part gets = move.gets(rank);
  const std::vector<Element> right = shared(gets, gets);
  const auto owner = [&](const Element& element) {
    size_t from = 0;
    while (!move.had(from).has(element.row, element.column)) ++from;
    return from;
  };
  for (size_t i = 0; i < right.size(); ++i) {
    const float value = new_part[i];
    if (value == move.at(right[i].row, right[i].column)) continue;
    const std::string it = right[i].in_words();
    if (new_part == unpacked_by_columns(move, rank))
      return "on " + rank_text(rank) +
             " what comes from a rank is unpacked column by column; it was packed row by row";
    if (new_part == not_unpacked(move, rank))
      return "new_part of " + rank_text(rank) +
             " has the parts that came one behind the other; its rows have columns of several ranks";
    if (std::isnan(value) && owner(right[i]) == rank)
      return it + ", which " + rank_text(rank) + " had before and keeps, is missing from its new_part";
    if (std::isnan(value))
      return it + ", which comes from " + rank_text(owner(right[i])) + ", is missing from new_part of " +
             rank_text(rank);
    for (size_t r = 0; r < move.in; ++r)
      for (size_t c = 0; c < move.out; ++c)
        if (move.at(r, c) == value)
          return "on " + rank_text(rank) + " element " + text(i) + " of new_part is " +
                 Element{r, c}.in_words() + "; it should be " + it + ", which comes from " +
                 rank_text(owner(right[i]));
    return "on " + rank_text(rank) + " element " + text(i) +
           " of new_part is no element of w; it should be " + it;
  }
  return "";
}

// What goes through alltoallv.
std::string wrong_messages(const Move& move, const std::vector<Call>& calls) {
  for (size_t rank = 0; rank < move.ranks; ++rank)
    if (calls[rank].calls != 1)
      return rank_text(rank) + " calls alltoallv " + text(calls[rank].calls) +
             " times; every rank is to call it once";
  for (size_t rank = 0; rank < move.ranks; ++rank)
    if (std::string words = wrong_lists(move, calls[rank], rank); !words.empty()) return words;
  if (std::string words = wrong_counts(move, calls); !words.empty()) return words;
  for (size_t rank = 0; rank < move.ranks; ++rank) {
    const Call& call = calls[rank];
    std::string words = wrong_starts("sent", call.sent.size(), call.send_counts, call.send_starts, rank);
    if (words.empty())
      words = wrong_starts("received", call.received, call.receive_counts, call.receive_starts, rank);
    for (size_t to = 0; words.empty() && to < move.ranks; ++to) words = wrong_sent(move, call, rank, to);
    if (!words.empty()) return words;
  }
  return "";
}

Call call_of(Answers& answers, const Move& move, size_t rank) {
  const auto number = [&](const std::string& name) {
    return size_t(std::clamp(answers.number(name), 0.0, 1e6));
  };
  const auto integers = [&](const std::string& name) {
    return answers.integers(name, number("the length of " + name));
  };
  Call call;
  call.calls = number("the number of calls");
  call.received = number("the length of received");
  call.sent = answers.floats("sent", number("the length of sent"));
  call.receive_counts = integers("receive_counts");
  call.receive_starts = integers("receive_starts");
  call.send_counts = integers("send_counts");
  call.send_starts = integers("send_starts");
  call.old_part = answers.floats("old_part", move.had(rank).size());
  return call;
}

// All in one launch.
std::string wrong_with(int ranks, std::vector<Move> moves) {
  for (Move& move : moves) move.ranks = size_t(ranks);
  Trial trial;
  trial.give(int(moves.size()));
  for (const Move& move : moves) {
    trial.give(int(move.in)).give(int(move.out)).give(move.w);
    for (const Cut& cut : {move.before, move.after})
      for (size_t rank = 0; rank < move.ranks; ++rank) {
        const Part part = move.part(cut, rank);
        trial.give(Integers{int(part.rows.first), int(part.rows.last), int(part.columns.first),
                            int(part.columns.last)});
      }
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (const Move& move : moves) {
    std::vector<Call> calls;
    for (size_t rank = 0; rank < move.ranks; ++rank) calls.push_back(call_of(answers[rank], move, rank));
    if (std::string words = wrong_messages(move, calls); !words.empty()) return move.in_words() + words;
    for (size_t rank = 0; rank < move.ranks; ++rank) {
      const Floats new_part = answers[rank].floats("new_part", move.gets(rank).size());
      if (std::string words = wrong_part(move, new_part, rank); !words.empty())
        return move.in_words() + words;
      if (calls[rank].old_part != whole(move, move.had(rank)))
        return move.in_words() + "old_part of " + rank_text(rank) + " is changed; it is to stay as it is";
    }
  }
  return "";
}

size_t random_size() { return size_t(random_number(4, 10)); }
Cut random_cut() {
  const size_t down = size_t(random_number(1, 5));
  return {down, size_t(random_number(1, 5 / int(down)))};
}
constexpr Cut columns(size_t ranks) { return {1, ranks}; }
constexpr Cut rows(size_t ranks) { return {ranks, 1}; }

// covers: Rank r has old_parts | alltoallv is called | It brings a rank | old_part stays
TEST(reshard, FromColumnsToColumns) {
  EXPECT_RIGHT(wrong_with(3, {{4, 7, columns(2), columns(3)},
                              {5, 8, columns(3), columns(2)},
                              {3, 4, columns(1), columns(3)},
                              {3, 5, columns(3), columns(1)},
                              {4, 2, columns(3), columns(2)}}));  // some have no columns
}
// covers: A part of w | It is kept row | A job goes on | Here nothing | Where a job of 5
TEST(reshard, FromAnyCutToAnyOther) {
  EXPECT_RIGHT(wrong_with(5, {{3, 9, columns(2), columns(4)},
                              {7, 6, columns(4), rows(3)},
                              {6, 5, rows(5), columns(2)},
                              {5, 7, {2, 2}, rows(5)},
                              {random_size(), random_size(), random_cut(), random_cut()},
                              {random_size(), random_size(), random_cut(), random_cut()}}));
}
TEST(reshard, OnOneRank) { EXPECT_RIGHT(wrong_with(1, {{3, 4, columns(1), rows(1)}})); }

// explains (a function of the judge's): Ours: MPI_Alltoallv | Every rank of comm | The judge sees
// explains (the chapter's way, and what the judge gives): Chapter 12 does | Every element of w

}  // namespace
