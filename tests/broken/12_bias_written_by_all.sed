# chapters/10_hybrid/segments.cpp 12_restart_checkpoint_test Segments.EveryNumber*
s/if (copies == Copies::all || !copy_of_bias) add(/add(/
