# chapters/06_data_parallel/trace_layers.h 06_data_parallel_buckets_test TraceLayers.*
s/^  mlp.hooks.after_forward = .*//
