# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.KeepsTheLastOnes
s/++kept > keep_)/++kept > keep_ + 1)/
