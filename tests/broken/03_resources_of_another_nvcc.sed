# chapters/03_fast_kernels/resources.sh 03_fast_kernels_report_test WithTools.Registers*
s/grep -q "nvcc $release," "$committed"/grep -q "nvcc " "$committed"/
