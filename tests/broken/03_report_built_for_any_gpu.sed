# chapters/03_fast_kernels/gpu_report.sh 03_fast_kernels_report_test WithTools.ProgramsThatCannotBeBuilt*
s/ gpus=\$(ask compute_cap | tr -d \.)//
