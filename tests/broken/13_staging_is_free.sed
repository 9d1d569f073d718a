# chapters/13_scaling/modelled_device.cpp 13_scaling_step_test StepTime.HasTheCopies*
s/double(bytes) \/ cluster_.staging_bytes_per_second;/0 * double(bytes);/
