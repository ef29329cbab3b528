// cub::DeviceHistogram as a peer of the benchmark: the confusion matrix of labels in one pass over them, without a
// tensor of pairs. Compiled by benchmarks/counts_cuda.py; no part of the library.
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <cstdint>
#include <cub/device/device_histogram.cuh>

namespace {

// The cell of a pair, or -1 where it is ignored or out of range: outside of the levels, hence not counted.
template <class Label>
struct Cell {
  const Label* preds;
  const Label* target;
  int32_t classes;
  int64_t ignore;

  __device__ int32_t operator()(int64_t pixel) const {
    const int64_t t = target[pixel];
    const int64_t p = preds[pixel];
    const bool counted = t != ignore && t >= 0 && t < classes && p >= 0 && p < classes;
    return counted ? static_cast<int32_t>(t) * classes + static_cast<int32_t>(p) : -1;
  }
};

template <class Label>
int histogram(void* scratch, size_t* bytes, const void* preds, const void* target, int64_t pixels, int32_t classes,
              int64_t ignore, void* matrix, void* stream) {
  const Cell<Label> cell{static_cast<const Label*>(preds), static_cast<const Label*>(target), classes, ignore};
  const auto cells = thrust::make_transform_iterator(thrust::counting_iterator<int64_t>(0), cell);
  const int32_t levels = classes * classes + 1;
  return static_cast<int>(cub::DeviceHistogram::HistogramEven(
      scratch, *bytes, cells, static_cast<unsigned long long*>(matrix), levels, int32_t{0}, levels - 1, pixels,
      static_cast<cudaStream_t>(stream)));
}

}  // namespace

// Overwrites a matrix of uint64. With scratch == nullptr it only says how many bytes of it are needed.
extern "C" int cub_confusion_matrix(int label_bytes, void* scratch, size_t* bytes, const void* preds,
                                    const void* target, int64_t pixels, int32_t classes, int64_t ignore, void* matrix,
                                    void* stream) {
  return label_bytes == 1
             ? histogram<uint8_t>(scratch, bytes, preds, target, pixels, classes, ignore, matrix, stream)
             : histogram<int64_t>(scratch, bytes, preds, target, pixels, classes, ignore, matrix, stream);
}
