// The network once more, written as plainly as possible and in double precision: what the gradient check and the tests
// believe in. No device, no tiles, no slots: a few loops over the formulas.
#pragma once

#include <vector>

#include "chapters/01_serial/layout.h"

// Mean softmax cross-entropy over `rows` samples x (rows, in) with labels (rows), for parameters (layout.count) of an
// unsplit layout.
double reference_loss(const Layout& layout, const std::vector<double>& parameters,
                      const std::vector<double>& x, const std::vector<int>& labels);

// Its derivative by parameter `i`, by the central difference (f(w + h) - f(w - h)) / 2h. In double precision with h = 1e-5
// the truncation error (h² f''' / 6) and the rounding error (1e-16 f / h) are both near 1e-11.
double central_difference(const Layout& layout, std::vector<double>& parameters, size_t i,
                          const std::vector<double>& x, const std::vector<int>& labels, double h = 1e-5);
