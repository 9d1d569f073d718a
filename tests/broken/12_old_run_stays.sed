# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.AStartOver*
s/disk.rename(path.c_str(), (fs::path(to) .*$/!path.empty() \&\& false)/
