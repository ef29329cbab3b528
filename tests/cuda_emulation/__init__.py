"""CUDA kernels run on the CPU: the emulator, and its use from Python."""
