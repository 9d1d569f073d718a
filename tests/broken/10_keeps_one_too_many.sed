# chapters/10_hybrid/checkpoint_folder.cpp 10_hybrid_checkpoint_test Folder.KeepsTheLastOnes
s/for (size_t i = size_t(keep_);/for (size_t i = size_t(keep_) + 1;/
