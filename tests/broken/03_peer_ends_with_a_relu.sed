# chapters/03_fast_kernels/peers_on_gpu.py 03_fast_kernels_report_test PeersOnGpu.Train*
s/if i + 2 < len(SIZES) else \[\]/if i + 1 < len(SIZES) else []/
