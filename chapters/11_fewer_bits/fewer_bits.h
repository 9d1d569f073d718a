// All that chapter 11 adds to the training program of chapter 06.
#pragma once

#include "chapters/11_fewer_bits/fewer_bits_options.h"
#include "chapters/11_fewer_bits/fewer_bits_report.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/sixteen_bit_exchange.h"
#include "chapters/11_fewer_bits/stored_weights.h"
