# chapters/13_scaling/cluster.h 13_scaling_step_test StepTime.HasTheCopies*
s/return staging_bytes_per_second > 0 ? host_bytes_per_second : bytes_per_second;/return bytes_per_second;/
