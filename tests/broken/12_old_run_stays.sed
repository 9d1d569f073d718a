# chapters/12_restart/checkpoint_folder.cpp 12_restart_checkpoint_test Folder.AStartOver*
s/if (!error) fs::rename(path, .*$/(void)path;/
