# chapters/13_scaling/referee/virtual_hosts 13_scaling_referee_test RefereeScripts.Measure*
s/echo "vc\$i:\$each"/echo "vc$i"/
