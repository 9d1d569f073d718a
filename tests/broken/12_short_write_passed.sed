# chapters/12_restart/own_file.cpp 12_restart_folder_test Folder.AWriteOfTooFewBytesGoesOn
/^void OwnFile::write/,/^}/s/count -= step;/count = 0;/
