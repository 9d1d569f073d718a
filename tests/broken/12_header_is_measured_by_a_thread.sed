# chapters/12_restart/checkpoint_writer.cpp 12_restart_folder_test Folder.AHeaderThat*
s/^  to_bytes(header);  \/\/ throws.*$//
