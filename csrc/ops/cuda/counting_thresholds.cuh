// A threshold for each label on its way to the device: as arguments of a launch, which neither waits for the device nor
// keeps a stream from being captured.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/cuda_launch.h"

namespace torchtally::cuda {

inline constexpr int kThresholdsOfLaunch = 256;  // of a kilobyte or four that arguments may take

struct Thresholds {
  double* to;
  int32_t number;
  double values[kThresholdsOfLaunch];
};

// A template, because two libraries' files include it.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) thresholds_kernel(__grid_constant__ const Thresholds thresholds) {
  const int32_t i = static_cast<int32_t>(threadIdx.x);
  if (i < thresholds.number) {
    thresholds.to[i] = thresholds.values[i];
  }
}

// Writes n thresholds to memory of the device.
inline cudaError_t write_thresholds(const double* from, int64_t n, double* to, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  for (int64_t done = 0; done < n && error == cudaSuccess; done += kThresholdsOfLaunch) {
    Thresholds part;
    part.to = to + done;
    part.number = static_cast<int32_t>(std::min<int64_t>(n - done, kThresholdsOfLaunch));
    std::copy_n(from + done, part.number, part.values);
    error = launch({1, kThresholdsOfLaunch, 0, stream}, &thresholds_kernel<kThresholdsOfLaunch>, part);
  }
  return error;
}

}  // namespace torchtally::cuda
