# chapters/12_restart/checkpoint_writer.cpp 12_restart_folder_test Folder.ItsEnd*
/^CheckpointWriter::~/,/^}/s/while (!idle())/while (phase_ == Phase::writing)/
