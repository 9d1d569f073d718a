# chapters/12_restart/checkpoint_folder.cpp 12_restart_checkpoint_test Folder.KeepsTheLastOnes
s/for (size_t i = size_t(keep_);/for (size_t i = size_t(keep_) + 1;/
