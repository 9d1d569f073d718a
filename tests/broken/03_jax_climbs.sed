# chapters/03_fast_kernels/peers_on_gpu.py 03_fast_kernels_report_test PeersOnGpu.TrainTheSame*
s/lambda w, g: w - RATE \* g/lambda w, g: w + RATE * g/
