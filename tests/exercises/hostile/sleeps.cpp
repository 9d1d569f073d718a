// says: timed out after
#include <unistd.h>
void weight_gradient(float*, const float*, const float*, int, int, int) {
  for (;;) pause();
}
