# chapters/01_serial/plot/loss.sh common_series_test Series.RecordsAreDrawn*
s/picture=${record%.csv}.svg/picture=$record.svg/
