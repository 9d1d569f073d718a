# chapters/01_serial/train_report.cpp 01_serial_record_test TrainReport.Wipes*
/if (!quiet_) {/,/mean_loss/s/^    progress_\.clear();//
