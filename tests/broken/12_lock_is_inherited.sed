# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.IsClosed*
s/O_RDONLY | O_CLOEXEC/O_RDONLY/
