#include "chapters/11_fewer_bits/stored_weights.h"

#include "common/philox.h"

// A stream of its own, beside those that philox.h names.
constexpr RandomStream rounding_stream = RandomStream(5);

StoredWeights::StoredWeights(const std::string& how, const SixteenBits* format, float* parameters, size_t n, uint64_t seed)
    : format_(how == "master" ? nullptr : format), stochastic_(how == "stochastic"), parameters_(parameters), seed_(seed) {
  if (!format_) return;
  for (size_t i = 0; i < n; ++i) parameters[i] = rounded(parameters[i], format_->format);
  before_.assign(parameters, parameters + n);
}

void StoredWeights::round(const float* gradients) {
  if (!format_) return;
  const bool bf16 = format_->format.fraction_bits == bf16_format.fraction_bits;
  Philox4 words{};
  for (size_t i = 0; i < before_.size(); ++i) {
    float& w = parameters_[i];
    if (stochastic_) {  // element i of step s has a word of its own, on every rank the same
      if (i % 4 == 0) words = random_words(seed_, rounding_stream, step_, i / 4);
      w = bf16 ? bf16_value(bf16_bits_stochastic(w, words[i % 4])) : rounded_stochastically(w, format_->format, words[i % 4]);
    } else {
      w = bf16 ? bf16_value(bf16_bits(w)) : rounded(w, format_->format);
    }
    if (gradients[i] != 0) {
      ++updates_;
      lost_ += w == before_[i];
    }
    before_[i] = w;
  }
  ++step_;
}
