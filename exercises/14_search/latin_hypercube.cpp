// Trials that cover the range of every parameter evenly: a Latin hypercube.
//
// Task 14_latin_hypercube: warm-up, 2 points. Try it: make ex-14_latin_hypercube
#include <cmath>

// n trials, each with a value for each of the parameters. Parameter p lies between low[p] and high[p]. This range is cut into n
// slices of equal length; where logarithmic[p] is not 0 (then low[p] > 0), of equal length on the logarithm.
//
// Every slice is used by one trial:  order (parameters, n) has a permutation of 0 ... n - 1 for each parameter, and trial t takes
// slice order[p, t]; slice 0 is at low[p].  place (parameters, n) says where in its slice: 0 is its lower end, 1 its upper end; on
// the logarithm, too, where logarithmic[p] is not 0.
//
// values (n, parameters): the value of parameter p in trial t at [t, p].
void latin_hypercube(float* values, const int* order, const float* place, const float* low, const float* high,
                     const int* logarithmic, int n, int parameters) {
  // --- YOUR CODE (7 lines in ours)
  // These are the lower ends of the ranges. How far along its range, from 0 to 1, does trial t lie? And how long is that way on
  // the logarithm?
  for (int t = 0; t < n; ++t)
    for (int p = 0; p < parameters; ++p) values[t * parameters + p] = low[p];
  // --- END OF YOUR CODE
}
// As generated: 572660936-1319
