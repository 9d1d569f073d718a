// Rounding to bf16 by chance: small steps are not lost, on average.
//
// Task 11_stochastic_rounding: warm-up, 2 points. Try it: make ex-11_stochastic_rounding
#include <bit>
#include <cstdint>

// x (n) are finite floats. A bf16 is the upper half of a float, so x[i] has two neighbours: what is left where its lower 16 bits
// are set to zero, and the next bf16 further away from zero. Where these bits are zero, x[i] is a bf16 itself and stays.
//
// rounded (n): for each x[i] one of its neighbours. It is the one further from zero where the lower 16 bits of x[i], as a whole
// number, are larger than random[i], and else the nearer one. random (n) are whole numbers from 0 to 65535, each as likely as any other.
void stochastic_rounding(float* rounded, const float* x, const int* random, int n) {
  // --- YOUR CODE (4 lines in ours)
  // This cuts the lower bits off. The bits of a float, read as a whole number, grow with its size: what has to be added to them
  // to get to the next bf16?
  for (int i = 0; i < n; ++i) rounded[i] = std::bit_cast<float>(std::bit_cast<uint32_t>(x[i]) & 0xffff0000u);
  // --- END OF YOUR CODE
}
// As generated: 2278098456-1138
