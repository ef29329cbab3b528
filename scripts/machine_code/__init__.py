"""Reads the machine code of the CUDA kernels; see scripts/cuda_machine_code.py."""
