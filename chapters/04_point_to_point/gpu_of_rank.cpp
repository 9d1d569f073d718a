#include "chapters/04_point_to_point/gpu_of_rank.h"

#include "chapters/03_fast_kernels/near_cores.h"

int visible_gpus() { return int(visible_gpus_by_address().size()); }
