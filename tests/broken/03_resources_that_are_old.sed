# chapters/03_fast_kernels/resources.sh 03_fast_kernels_report_test WithTools.Registers*
s/\[ -r "$usage" \] && \[ -z "$newer" \] || skip/[ -r "$usage" ] || [ -z "$newer" ] || skip/
