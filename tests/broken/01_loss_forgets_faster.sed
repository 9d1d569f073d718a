# chapters/01_serial/plot/loss.awk common_pictures_test Pictures.ALossCurve*
s/0.98 \* mean + 0.02 \* \$2/0.9 * mean + 0.1 * $2/
