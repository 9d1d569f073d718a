# chapters/12_restart/checkpoint_folder.cpp 12_restart_folder_test Folder.NeedsNoLocks
s/ \&\& flock(opened_, LOCK_EX | LOCK_NB) != 0 \&\& errno == EWOULDBLOCK;/ \&\& flock(opened_, LOCK_EX | LOCK_NB) != 0;/
