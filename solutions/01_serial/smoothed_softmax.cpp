// Softmax cross-entropy against targets that are not quite sure: label smoothing.
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
  // BEGIN SOLUTION
  for (int r = 0; r < rows; ++r) {
    const float* z_row = z + size_t(r) * size_t(classes);
    float* dz_row = dz + size_t(r) * size_t(classes);
    const float maximum = *std::max_element(z_row, z_row + classes);
    float sum = 0;
    for (int j = 0; j < classes; ++j) sum += std::exp(z_row[j] - maximum);
    loss[r] = 0;
    for (int j = 0; j < classes; ++j) {
      const float q = (j == labels[r] ? 1 - smoothing : 0.0f) + smoothing / float(classes);
      const float log_p = z_row[j] - maximum - std::log(sum);
      loss[r] -= q * log_p;
      dz_row[j] = scale * (std::exp(log_p) - q);
    }
  }
  // TODO
  // The targets of a row sum to 1, so its gradient is as simple as that of the ordinary loss. Derive it first.
  // STUB
  // std::fill_n(loss, size_t(rows), 0.0f);
  // std::fill_n(dz, size_t(rows) * size_t(classes), 0.0f);
  // END SOLUTION
}
