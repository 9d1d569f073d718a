// What bf16 loses of a gradient in one step is sent in the next one: error feedback.
//
// Task 11_error_feedback: core, 3 points. Try it: make ex-11_error_feedback
#include <bit>
#include <cstdint>

// gradient (n) is that of this step. rest (n) is what earlier steps have not sent; in the first step it is zero.
//
// message (n): gradient + rest, as a float, without its lower 16 bits: these are set to zero. rest (n) is afterwards what the
// message lacks of that sum, so that nothing is lost: all messages together and the last rest are the sum of all gradients.
// Source: F. Seide et al., "1-bit stochastic gradient descent and its application to data-parallel distributed training of speech DNNs",
// INTERSPEECH 2014.
void error_feedback(float* message, float* rest, const float* gradient, int n) {
  // --- YOUR CODE (5 lines in ours)
  // Here the bits that are cut off are forgotten. Where do they go, and what is to be cut in the next step?
  for (int i = 0; i < n; ++i) message[i] = std::bit_cast<float>(std::bit_cast<uint32_t>(gradient[i]) & 0xffff0000u);
  // --- END OF YOUR CODE
}
// As generated: 2324109603-1101
