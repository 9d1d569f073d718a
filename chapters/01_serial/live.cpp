// The book's live figure of this chapter: trains in the page, and says what the network thinks of a digit.
// sources: live_digit live_training cpu_device device gradient_norm head layout matmul_3_packed mlp optimizer serial_training common/dataset
// flags: -O3 -msimd128
// data: n=3000; for f in images-idx3:16:784 labels-idx1:8:1; do s=${f#*:}; gzip -dc common/data/mnist/train-${f%%:*}-ubyte.gz | tail -c +$((${s%:*} + 1)) | head -c $((n * ${s#*:})); done
#include "chapters/01_serial/live_digit.h"
#include "chapters/01_serial/live_training.h"
#include "common/live/live.h"

namespace {

// The images of the page's data, one after another, and then their labels.
Dataset images() {
  constexpr size_t side = 28, pixels = side * side;
  const auto& bytes = live::data();
  const size_t count = bytes.size() / (pixels + 1);
  const auto labels = bytes.begin() + long(count * pixels);
  return {count, side, side, {bytes.begin(), labels}, {labels, bytes.end()}};
}

std::unique_ptr<LiveTraining> now;
std::string settings_of_now;

live::Json figure(const live::Settings& s) {
  const std::string settings = s.at("hidden") + " " + s.at("rate") + " " + s.at("batch");
  const size_t steps = size_t(s.integer("steps"));
  if (!now || settings_of_now != settings || now->losses().size() > steps) {
    now = std::make_unique<LiveTraining>(images(), s.at("hidden"), s.number("rate"), size_t(s.integer("batch")));
    settings_of_now = settings;
  }
  now->train(steps);

  const size_t which = size_t(s.integer("image")), pixels = now->test().features();
  const auto image = now->test().pixels.begin() + long(which * pixels);
  const std::vector<uint8_t> shown = s.at("digit").empty() ? std::vector<uint8_t>(image, image + long(pixels)) : centred_digit(s.at("digit"));
  return {{"done", now->losses().size()}, {"losses", now->losses()}, {"correct", now->share_correct()}, {"label", now->test().labels[which]},
          {"pixels", shown}, {"probabilities", now->probabilities(shown)}, {"units", now->unit_pictures()}, {"parameters", now->parameters()}};
}

const live::Figure here(figure);

}  // namespace
