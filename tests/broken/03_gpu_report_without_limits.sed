# chapters/03_fast_kernels/gpu_report.sh 03_fast_kernels_report_test GpuReport.AStage*
s|  timeout -k 5 "$limit" "$@" >|  "$@" >|
