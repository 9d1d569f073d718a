// says: of processor time
void weight_gradient(float*, const float*, const float*, int, int, int) {
  for (volatile int i = 0;; i = i + 1) {
  }
}
