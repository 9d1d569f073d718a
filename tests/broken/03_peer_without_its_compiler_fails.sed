# chapters/03_fast_kernels/peers_on_gpu.py 03_fast_kernels_report_test PeersOnGpu.Train*
s/except Exception as error:/except ValueError as error:/
