# chapters/03_fast_kernels/resources.sh 03_fast_kernels_report_test WithTools.Registers*
s/^trap .*$//
