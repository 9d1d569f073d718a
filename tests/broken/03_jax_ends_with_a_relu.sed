# chapters/03_fast_kernels/peers_on_gpu.py 03_fast_kernels_report_test PeersOnGpu.TrainTheSame*
s/if i + 1 < len(weights) else x/if i < len(weights) else x/
