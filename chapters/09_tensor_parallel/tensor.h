// All that chapter 09 adds to the training program of chapter 01.
#pragma once

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/09_tensor_parallel/split_evaluation.h"
#include "chapters/09_tensor_parallel/split_head.h"
#include "chapters/09_tensor_parallel/tensor_options.h"
#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "chapters/09_tensor_parallel/tensor_report.h"
#include "common/mpi/session.h"
