# chapters/01_serial/plot/loss.awk common_pictures_test Pictures.AFlatLossCurve*
s/^  if (high - low < 0.1) high = low + 0.1$//
