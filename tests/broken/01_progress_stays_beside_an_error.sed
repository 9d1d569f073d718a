# chapters/01_serial/train_report.cpp 01_serial_record_test TrainReport.Wipes*
/isfinite(loss)/,/throw/s/^    progress_\.clear();//
