// Softmax cross-entropy against targets that are not quite sure: label smoothing.
//
// Task 01_smoothed_softmax: core, 4 points. Try it: make ex-01_smoothed_softmax
#include <algorithm>
#include <cmath>
#include <cstddef>

// Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016, section 7: the label t of a row
// becomes the target  q_j = (1 - smoothing) * (j == t ? 1 : 0) + smoothing / classes.  With p = softmax(z) of the row:
//   loss (rows)        = - sum over j of q_j * log p_j
//   dz (rows, classes) = scale * gradient of the row's loss by z
// for logits z (rows, classes) and labels (rows), each in [0, classes).  0 <= smoothing < 1.  Logits of 1000 must not overflow.
void smoothed_softmax(float* loss, float* dz, const float* z, const int* labels, float smoothing, float scale,
                      int rows, int classes) {
  // --- YOUR CODE (14 lines in ours)
  // The targets of a row sum to 1, so its gradient is as simple as that of the ordinary loss. Derive it first.
  std::fill_n(loss, size_t(rows), 0.0f);
  std::fill_n(dz, size_t(rows) * size_t(classes), 0.0f);
  // --- END OF YOUR CODE
}
// As generated: 332022824-1153
