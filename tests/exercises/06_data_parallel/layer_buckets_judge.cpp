#include <algorithm>

#include "tests/exercises/judge.h"

namespace {

std::string text(int number) { return std::to_string(number); }

std::string list(const std::vector<int>& numbers) {
  std::string words;
  for (int number : numbers) words += (words.empty() ? "" : ", ") + text(number);
  return words;
}

// What is wrong with these buckets, by the sentences of the contract.
std::string wrong_buckets(const std::vector<int>& bucket_of, const std::vector<int>& parameters, int limit) {
  int filled = 0;
  for (int layer = int(parameters.size()) - 1, behind = -1; layer >= 0; --layer) {
    const int bucket = bucket_of[size_t(layer)], size = parameters[size_t(layer)];
    if (bucket < 0) return "layer " + text(layer) + " has no bucket";
    if (behind < 0 && bucket > 0) {
      if (std::ranges::count(bucket_of, 0) == 0) return "bucket 0 is empty; the last layer leaves in it";
      return "backward finishes layer " + text(layer) + " first, so it belongs to bucket 0; you have it in bucket " + text(bucket);
    }
    if (behind >= 0 && bucket != behind && bucket != behind + 1)
      return "layer " + text(layer) + " is in bucket " + text(bucket) + ", and layer " + text(layer + 1) +
             " behind it in bucket " + text(behind) + ": the next bucket is " + text(behind + 1);
    if (bucket == behind && filled + size > limit)
      return "bucket " + text(bucket) + " has at least " + text(filled + size) + " parameters once layer " + text(layer) +
             " has joined; the limit is " + text(limit);
    if (behind >= 0 && bucket == behind + 1 && filled + size <= limit)
      return "layer " + text(layer) + " begins bucket " + text(bucket) + "; with it bucket " + text(behind) + " has " +
             text(filled + size) + " parameters, which would have been within the limit of " + text(limit);
    filled = bucket == behind ? filled + size : size;
    behind = bucket;
  }
  return "";
}

std::string wrong_with(const std::vector<int>& parameters, int limit) {
  const int layers = int(parameters.size());
  Answers answers = Trial().give(layers).give(limit).give(parameters).run();
  const std::vector<int> bucket_of = answers.integers("bucket_of", parameters.size());
  const int buckets = int(answers.number("the number of buckets"));
  const std::string where = " (layers of " + list(parameters) + " parameters, limit " + text(limit) + ")";
  if (const std::string words = wrong_buckets(bucket_of, parameters, limit); !words.empty()) return words + where;
  if (const int highest = *std::ranges::max_element(bucket_of); buckets != highest + 1)
    return "returns " + text(buckets) + "; the highest bucket that you use is " + text(highest) + where;
  return "";
}

// covers: Layers join buckets | A layer that is larger | bucket_of (layers): | Returns the number
TEST(layer_buckets, SmallNetworks) {
  EXPECT_RIGHT(wrong_with({3, 4, 5}, 9));
  EXPECT_RIGHT(wrong_with({3, 4, 5, 2}, 7));
  EXPECT_RIGHT(wrong_with({7}, 9));
  EXPECT_RIGHT(wrong_with({1, 1, 20, 1, 1}, 9));
  EXPECT_RIGHT(wrong_with({2, 20}, 9));
}

// covers: Here layers stay whole | A layer joins
TEST(layer_buckets, ManyLayers) {
  for (int layers : {2, 17, 40}) {
    std::vector<int> parameters = random_labels(size_t(layers), 30);
    for (int& size : parameters) ++size;
    EXPECT_RIGHT(wrong_with(parameters, random_number(25, 80)));
  }
}

// explains (the chapter's way, and what the judge gives): Chapter 06 cuts | parameters (layers): | layers and limit

}  // namespace
