# chapters/03_fast_kernels/gpu_report.sh 03_fast_kernels_report_test WithTools.OfAGpu*
s/ && \[ "${CUDA:-gpu}" = gpu \]//
