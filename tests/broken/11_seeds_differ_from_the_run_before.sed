# chapters/11_fewer_bits/accuracy.sh common_series_test Scripts.PrecisionsAreComparedByTheirLastLines
s/\$7, \$7 - float$/$7, $7 - float; float = $7/
