# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.AStartOver*
s/if (files.empty()) files = numbered(folder, prefix);/(void)folder;/
