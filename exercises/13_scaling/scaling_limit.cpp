// How many ranks are still efficient: Amdahl's law, fitted to measured times.
//
// Task 13_scaling_limit: warm-up, 3 points. Try it: make ex-13_scaling_limit
#include <algorithm>
#include <climits>

// The same problem took seconds[i] on ranks[i] ranks, for 0 <= i < n. By Amdahl's law it takes on p ranks
//
//   t(p) = a + b / p      a: seconds of work that cannot be divided, b: seconds of work that can
//
// Let a and b be the two numbers (they may be negative) for which the sum over i of (seconds[i] - t(ranks[i]))² is
// smallest, the method of least squares. All that is asked for here is asked of this t(p), not of the measured times.
//
// *serial: Amdahl's fraction a / (a + b), the part of the time on one rank that cannot be divided.
// Returns the largest number of ranks p with an efficiency t(1) / (p · t(p)) of at least `efficiency`. INT_MAX if that
// number is larger than an int; also if a <= 0, as where times fall faster than 1 / p because the parts fit into caches:
// then the efficiency never falls so low.
//
// n >= 1; seconds are positive; 0 < efficiency < 1. ranks[i] >= 1, in any order; a number may occur several times, and 1
// need not occur. If all of them are the same number, they say nothing about a and b: then it returns 0, and what *serial
// is does not matter.
int scaling_limit(double* serial, const int* ranks, const double* seconds, int n, double efficiency) {
  // --- YOUR CODE (17 lines in ours)
  // Plot seconds over 1 / p: what kind of curve is Amdahl's law there? Where is a in that picture?
  *serial = 0;
  return INT_MAX;
  // --- END OF YOUR CODE
}
// As generated: 1960602679-1610
