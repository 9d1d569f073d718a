// All that chapter 06 adds to the training program of chapter 01.
#pragma once

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/06_data_parallel/data_parallel_options.h"
#include "chapters/06_data_parallel/data_parallel_report.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/06_data_parallel/gradient_memory.h"
#include "chapters/06_data_parallel/replicas.h"
#include "common/mpi/session.h"
