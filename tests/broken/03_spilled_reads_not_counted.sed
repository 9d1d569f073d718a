# chapters/03_fast_kernels/resources.sh 03_fast_kernels_report_test WithTools.Registers*
s/if ($5 + $9 > spilled\[name\]) spilled\[name\] = $5 + $9/if ($5 > spilled[name]) spilled[name] = $5/
