# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.AStartOverMay*
s/    std::ranges::sort(files);//
