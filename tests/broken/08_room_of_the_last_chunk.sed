# chapters/08_layer_splitting/schedule.h 08_layer_splitting_schedules_test Interleaved.*
s/chunk += stages) sum += slots\[size_t(chunk)\];/chunk += stages) sum = slots[size_t(chunk)];/
