# chapters/12_restart/training_run.cpp 12_programs_test Programs.AContinuedRun*
s/ptrdiff_t(steps_ - before), batches_.end()/ptrdiff_t(steps_ - before) + (saved_ ? 1 : 0), batches_.end()/
