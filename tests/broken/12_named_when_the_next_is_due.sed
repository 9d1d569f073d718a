# chapters/12_restart/training_run.cpp 12_restart_test Saving.GoesOn*
s/^  if (const auto problem = folder_->poll()) saved(\*problem);$//
