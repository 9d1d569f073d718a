# chapters/13_scaling/scaling_options.h 13_scaling_programs_test Step.Says*
s/^    c.round_robin = placement == "round-robin";$//
