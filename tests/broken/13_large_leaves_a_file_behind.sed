# chapters/13_scaling/large.sh 13_scaling_large_test LargeResults.AreWritten*
s/rm -f "$part" "$new"/rm -f "$part"/
