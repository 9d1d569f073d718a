# chapters/01_serial/plot/loss.gp common_pictures_test Committed.ALossCurve*
s/set xlabel "step"/set xlabel "epoch"/
