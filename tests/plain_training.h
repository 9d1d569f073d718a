// The training run of this course a second time, written from the formulas of the texts alone: doubles, plain loops, no layout, no
// device, no class of the chapters. What a program prints is compared with it, so that a fault that serial and parallel
// programs share is seen, too. Only the pixels and the generator of random words (common/philox.h, tested by known values) are the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "common/dataset.h"
#include "common/philox.h"
#include "tests/data_sets.h"
#include "tests/program.h"

namespace plain {

struct Run {
  std::vector<size_t> sizes = {784, 16, 10};
  size_t samples = 500, batch = 48, epochs = 2;
  std::string optimizer = "sgd";
  double rate = 0.1;
  double momentum = 0.9;
  double warm_up = 0;  // epochs in which the rate rises: in step k of the first s it is rate k / s
  unsigned seed = 1;

  // This run for any training program of the course.
  std::string options() const {
    std::ostringstream all;
    all << " --data " << data_sets::first_images();
    for (size_t l = 1; l + 1 < sizes.size(); ++l) all << (l == 1 ? " --hidden " : ",") << sizes[l];
    all << " --train-samples " << samples << " --batch " << batch << " --epochs " << epochs << " --optimizer " << optimizer
        << " --learning-rate " << rate << " --seed " << seed << " ";
    if (optimizer == "momentum") all << "--momentum " << momentum << " ";
    return all.str();
  }
};

// One for each update rule, with layers of several widths, and with a last batch that is smaller than the others.
inline std::vector<Run> runs() {
  return {{.sizes = {784, 16, 12, 10}, .samples = 500, .batch = 48},
          {.sizes = {784, 19, 13, 11, 10}, .samples = 450, .batch = 64, .optimizer = "momentum", .rate = 0.03, .momentum = 0.8, .seed = 2},
          {.sizes = {784, 16, 12, 10}, .samples = 500, .batch = 40, .epochs = 3, .optimizer = "adam", .rate = 0.002, .seed = 7}};
}

struct Epoch {
  double loss;     // mean over the epoch's samples, each taken before the update of its batch
  size_t correct;  // of the test images, after the epoch
};

// A number that is learned, with what its update rule remembers of it.
struct Weight {
  double value = 0, gradient = 0, m = 0, v = 0;

  // Step t = 1, 2, ...: momentum is that of Polyak (v <- mu v + g), Adam that of Kingma and Ba, algorithm 1.
  void update(const std::string& rule, double rate, double mu, double t) {
    if (rule == "sgd") value -= rate * gradient;
    if (rule == "momentum") value -= rate * (v = mu * v + gradient);
    if (rule == "adam") {
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient * gradient;
      value -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    }
    gradient = 0;
  }
};

struct Network {
  struct Layer {
    std::vector<std::vector<Weight>> w;  // inputs x outputs
    std::vector<Weight> b;
  };
  std::vector<Layer> layers;

  // Uniform in [-1, 1) times sqrt(6 / inputs); biases are zero.
  explicit Network(const Run& run) {
    for (size_t l = 0; l + 1 < run.sizes.size(); ++l) {
      const size_t in = run.sizes[l], out = run.sizes[l + 1];
      Layer layer{std::vector<std::vector<Weight>>(in, std::vector<Weight>(out)), std::vector<Weight>(out)};
      for (size_t r = 0; r < in; ++r)
        for (size_t c = 0; c < out; ++c) {
          const uint32_t word = random_words(run.seed, RandomStream::weights, uint32_t(l), r * out + c)[0];
          layer.w[r][c].value = std::sqrt(6.0 / double(in)) * (2 * double(word >> 8) / 16777216 - 1);
        }
      layers.push_back(layer);
    }
  }

  // Every layer's values for one image, input first, logits last.
  std::vector<std::vector<double>> forward(const uint8_t* image) const {
    std::vector<std::vector<double>> y = {std::vector<double>(image, image + layers[0].w.size())};
    for (double& pixel : y[0]) pixel /= 255;
    for (size_t l = 0; l < layers.size(); ++l) {
      std::vector<double> sum;
      for (const Weight& b : layers[l].b) sum.push_back(b.value);
      for (size_t r = 0; r < y[l].size(); ++r)
        for (size_t c = 0; y[l][r] != 0 && c < sum.size(); ++c) sum[c] += y[l][r] * layers[l].w[r][c].value;
      if (l + 1 < layers.size())
        for (double& s : sum) s = s > 0 ? s : 0;
      y.push_back(sum);
    }
    return y;
  }

  // Adds the gradient of this image's loss / rows; returns the loss.
  double learn(const uint8_t* image, size_t label, double rows) {
    const std::vector<std::vector<double>> y = forward(image);
    double sum = 0;
    for (double logit : y.back()) sum += std::exp(logit - y.back()[label]);
    std::vector<double> d;
    for (size_t c = 0; c < y.back().size(); ++c)
      d.push_back((std::exp(y.back()[c] - y.back()[label]) / sum - (c == label ? 1 : 0)) / rows);
    for (size_t l = layers.size(); l-- > 0;) {
      std::vector<double> before(y[l].size());
      for (size_t c = 0; c < d.size(); ++c) layers[l].b[c].gradient += d[c];
      for (size_t r = 0; r < y[l].size(); ++r)
        for (size_t c = 0; y[l][r] > 0 && c < d.size(); ++c) {  // a neuron at zero passes nothing back
          layers[l].w[r][c].gradient += y[l][r] * d[c];
          before[r] += layers[l].w[r][c].value * d[c];
        }
      d = before;
    }
    return std::log(sum);
  }

  void update(const std::string& rule, double rate, double mu, double t) {
    for (Layer& layer : layers) {
      for (auto& row : layer.w)
        for (Weight& w : row) w.update(rule, rate, mu, t);
      for (Weight& b : layer.b) b.update(rule, rate, mu, t);
    }
  }
};

// The order of epoch `epoch`: Fisher and Yates from the end, with a 64-bit random number for each exchange.
inline std::vector<size_t> shuffled(unsigned seed, size_t epoch, size_t n) {
  std::vector<size_t> order(n);
  for (size_t i = 0; i < n; ++i) order[i] = i;
  for (size_t left = n; left >= 2; --left) {
    const Philox4 words = random_words(seed, RandomStream::permutation, uint32_t(epoch), left);
    std::swap(order[left - 1], order[((uint64_t{words[0]} << 32) + words[1]) % left]);
  }
  return order;
}

inline std::vector<Epoch> train(const Run& run, const Dataset& data, const Dataset& test) {
  Network network(run);
  std::vector<Epoch> epochs;
  const size_t pixels = run.sizes[0], in_an_epoch = (run.samples + run.batch - 1) / run.batch;
  double t = 0;
  for (size_t e = 0; e < run.epochs; ++e) {
    const std::vector<size_t> order = shuffled(run.seed, e, run.samples);
    double loss = 0;
    for (size_t first = 0; first < run.samples; first += run.batch) {
      const size_t rows = std::min(run.batch, run.samples - first);
      for (size_t i = first; i < first + rows; ++i)
        loss += network.learn(&data.pixels[order[i] * pixels], data.labels[order[i]], double(rows));
      t += 1;
      const double rising = run.warm_up * double(in_an_epoch);
      network.update(run.optimizer, t < rising ? run.rate * t / rising : run.rate, run.momentum, t);
    }
    size_t correct = 0;
    for (size_t i = 0; i < test.count; ++i) {
      const std::vector<double> logits = network.forward(&test.pixels[i * pixels]).back();
      correct += size_t(std::max_element(logits.begin(), logits.end()) - logits.begin()) == test.labels[i];
    }
    epochs.push_back({loss / double(run.samples), correct});
  }
  return epochs;
}

// What is wrong with the lines that a training program printed (chapters/01_serial/train_report.h; the lines on speedup and
// shares where they are there), one complaint a line; "" if nothing is. A number printed with few digits may be off by half of the last one.
inline std::string complaints(const ProgramRun& program, const Run& run, int ranks = 1) {
  static const Dataset data = read_mnist_train(data_sets::first_images()), test = read_mnist_test(data_sets::first_images(), data);
  const std::vector<Epoch> expected = train(run, data, test);
  std::ostringstream wrong;
  std::istringstream lines(program.output);
  std::string line;
  size_t epochs = 0;
  bool ended = false;
  const auto near = [&](const char* what, double printed, double right, double tolerance) {
    if (!(std::abs(printed - right) <= tolerance)) wrong << line << "\n  " << what << " is " << printed << ", expected " << right << "\n";
  };
  while (std::getline(lines, line)) {
    int epoch, several;
    double loss, accuracy, correct, images, rate, steps, seconds, serial, parallel, speedup, efficiency, a, b, c;
    if (std::sscanf(line.c_str(), "epoch %d loss %lf test accuracy %lf %% (%lf of %lf) %lf samples/s", &epoch, &loss, &accuracy, &correct,
                    &images, &rate) == 6) {
      if (epochs == expected.size()) return wrong.str() + "more epochs than asked for\n";
      const Epoch& right = expected[epochs++];
      near("the epoch", epoch, double(epochs), 0);
      near("the mean loss", loss, right.loss, 0.0002);
      near("the number of right answers", correct, double(right.correct), 3);  // floats decide differently where two are equal
      near("the accuracy", accuracy, 100 * correct / images, 0.0051);
      near("the number of test images", images, double(data_sets::first_tested), 0);
    } else if (std::sscanf(line.c_str(), "trained %lf steps in %lf s, %lf samples/s", &steps, &seconds, &rate) == 3) {
      ended = true;
      near("the number of steps", steps, double(run.epochs * ((run.samples + run.batch - 1) / run.batch)), 0);
      near("the number of seconds", seconds, double(run.epochs * run.samples) / rate, 0.0501);
    } else if (std::sscanf(line.c_str(), "serial run: %lf s; %d ranks: %lf s; speedup %lf, efficiency %lf", &serial, &several, &parallel,
                           &speedup, &efficiency) == 5) {
      near("the number of ranks", several, ranks, 0);
      near("the speedup", speedup * parallel, serial, 0.0051 * (1 + speedup + parallel));
      near("the efficiency", efficiency, 100 * speedup / ranks, 0.51 + 0.5 / ranks);
    } else if (std::sscanf(line.c_str(), "serial run on rank 0: %lf s; speedup %lf on %d ranks, efficiency %lf", &serial, &speedup, &several,
                           &efficiency) == 4) {
      near("the number of ranks", several, ranks, 0);
      near("the efficiency", efficiency, 100 * speedup / ranks, 0.51 + 0.5 / ranks);
      parallel = double(run.epochs * run.samples) / rate;
      near("the speedup", speedup * parallel, serial, 0.0051 * (1 + speedup + parallel) + 0.1 * serial);
    } else if (std::sscanf(line.c_str(), "time: computing %lf %%, %*s %lf %%, copying %lf", &a, &b, &c) == 3) {
      near("the sum of the shares", a + b + c, 100, 0.16);
      near("the smallest share", std::min({a, b, c}), 50, 50);
    }
  }
  if (epochs != expected.size()) wrong << epochs << " lines on epochs, expected " << expected.size() << "\n";
  if (!ended) wrong << "no line 'trained ... steps'\n";
  if (program.status != 0) wrong << "status " << program.status << "\n";
  if (!wrong.str().empty()) wrong << program.output;
  return wrong.str();
}

}  // namespace plain
