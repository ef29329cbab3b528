// torchtally._core: what an op schema cannot carry. Build facts, the plans, and the policies that tests and benchmarks
// override. Compiled without TORCH_TARGET_VERSION: nothing of torch is used here.
#include <pybind11/pybind11.h>

#include <string>

#include "ops/cpu/kernels.h"
#include "ops/cpu/policy.h"
#include "ops/cpu/streaming_read.h"
#include "ops/cuda/counting_policy.h"
#include "ops/cuda/overlap_policy.h"

namespace py = pybind11;
namespace cpu = torchtally::cpu;
namespace cuda = torchtally::cuda;

namespace {

py::dict build_info() {
  py::dict info;
  info["version"] = TORCHTALLY_VERSION;
  info["compiler"] = TORCHTALLY_COMPILER;
  info["torch_headers"] = TORCHTALLY_TORCH_HEADERS;
  info["torch_abi"] = TORCHTALLY_TORCH_ABI;
  info["cpu_capability"] = cpu::kernels().name;
  info["cuda_compiler"] = TORCHTALLY_CUDA_COMPILER;
  info["cuda_archs"] = TORCHTALLY_CUDA_ARCHS;
  return info;
}

// They are there without a GPU and without CUDA kernels too: plain data.
void bind_cuda_policy(py::module_& m) {
  py::enum_<cuda::Tier>(m, "Tier", "Where a CUDA block counts before the result reaches the output.")
      .value("AUTO", cuda::Tier::kAuto)
      .value("SHARED", cuda::Tier::kShared)
      .value("GLOBAL", cuda::Tier::kGlobal)
      .value("BITS", cuda::Tier::kBits)
      .value("PAIRS", cuda::Tier::kPairs);

  py::class_<cuda::Policy>(m, "CudaPolicy", "Every tuning number of the CUDA kernels.")
      .def(py::init<>())
      .def_readwrite("tier", &cuda::Policy::tier)
      .def_readwrite("max_copies", &cuda::Policy::max_copies)
      .def_readwrite("threads", &cuda::Policy::threads)
      .def_readwrite("threads_alone", &cuda::Policy::threads_alone)
      .def_readwrite("blocks_per_sm", &cuda::Policy::blocks_per_sm)
      .def_readwrite("turns", &cuda::Policy::turns)
      .def_readwrite("vectors", &cuda::Policy::vectors)
      .def_readwrite("pixels_per_thread", &cuda::Policy::pixels_per_thread)
      .def_readwrite("pixels_per_bin", &cuda::Policy::pixels_per_bin)
      .def_readwrite("max_pixels_per_block", &cuda::Policy::max_pixels_per_block)
      .def_readwrite("max_grid", &cuda::Policy::max_grid);
  m.def("cuda_policy", [] { return cuda::current_policy(); });
  m.def("set_cuda_policy", [](const cuda::Policy& policy) { cuda::current_policy() = policy; }, py::arg("policy"));

  py::class_<cuda::DeviceFacts>(m, "CudaDevice", "What a CUDA plan must know of a device.")
      .def(py::init<int32_t, int32_t, int32_t, int32_t, int32_t>(), py::arg("sms"), py::arg("threads_per_sm"),
           py::arg("blocks_per_sm"), py::arg("shared_per_sm"), py::arg("shared_per_block"));

  py::class_<cuda::Plan>(m, "CudaPlan", "The one launch of a counting call.")
      .def_readonly("tier", &cuda::Plan::tier)
      .def_readonly("copies", &cuda::Plan::copies)
      .def_readonly("threads", &cuda::Plan::threads)
      .def_readonly("vectors", &cuda::Plan::vectors)
      .def_readonly("shared_bytes", &cuda::Plan::shared_bytes)
      .def_readonly("blocks_per_group", &cuda::Plan::blocks_per_group)
      .def_readonly("pixels_per_block", &cuda::Plan::pixels_per_block)
      .def_readonly("grid", &cuda::Plan::grid);
  m.def(
      "cuda_plan",
      [](const cuda::Policy& policy, const cuda::DeviceFacts& device, int64_t groups, int64_t pixels, int64_t bins,
         int32_t width, bool bits, int64_t cells) {
        return cuda::make_plan(policy, device, {groups, pixels, bins, width, width > 1, bits, cells});
      },
      py::arg("policy"), py::arg("device"), py::arg("groups"), py::arg("pixels"), py::arg("bins"), py::arg("width"),
      py::arg("bits"), py::arg("cells"));
}

// A call of overlap_sums as a plan sees it. Numbers of two bytes are float16 or bfloat16, which does not matter.
torchtally::OverlapProblem overlap_problem(int64_t samples, int64_t classes, int64_t pixels, int64_t element_bytes,
                                           bool softmax, bool labels, bool channels_last) {
  using torchtally::Element;
  torchtally::OverlapProblem problem;
  problem.activation = softmax ? torchtally::Activation::kSoftmax : torchtally::Activation::kSigmoid;
  problem.samples = samples;
  problem.classes = classes;
  problem.pixels = pixels;
  problem.labels = labels;
  problem.input.element = element_bytes == 2 ? Element::kHalf : element_bytes == 4 ? Element::kFloat : Element::kDouble;
  problem.input.sample_stride = classes * pixels;
  problem.input.class_stride = channels_last ? 1 : pixels;
  problem.input.pixel_stride = channels_last ? classes : 1;
  problem.target = labels ? problem.target : problem.input;
  return problem;
}

void bind_overlap_policy(py::module_& m) {
  py::enum_<cuda::OverlapPath>(m, "OverlapPath", "How a CUDA block sums the pixels of a part in overlap_sums.")
      .value("AUTO", cuda::OverlapPath::kAuto)
      .value("REGISTERS", cuda::OverlapPath::kRegisters)
      .value("TILES", cuda::OverlapPath::kTiles);

  py::enum_<cuda::OverlapAccess>(m, "OverlapAccess", "How the registers read their pixels.")
      .value("ELEMENTS", cuda::OverlapAccess::kElements)
      .value("PACKS", cuda::OverlapAccess::kPacks)
      .value("ROWS", cuda::OverlapAccess::kRows);

  py::class_<cuda::OverlapPolicy>(m, "OverlapPolicy", "Every tuning number of the CUDA kernels of overlap_sums.")
      .def(py::init<>())
      .def_readwrite("path", &cuda::OverlapPolicy::path)
      .def_readwrite("threads", &cuda::OverlapPolicy::threads)
      .def_readwrite("least_pixels", &cuda::OverlapPolicy::least_pixels)
      .def_readwrite("register_pixels", &cuda::OverlapPolicy::register_pixels)
      .def_readwrite("register_parts", &cuda::OverlapPolicy::register_parts)
      .def_readwrite("fewest_parts", &cuda::OverlapPolicy::fewest_parts)
      .def_readwrite("fewest_pixels", &cuda::OverlapPolicy::fewest_pixels)
      .def_readwrite("most_parts", &cuda::OverlapPolicy::most_parts)
      .def_readwrite("partial_bytes", &cuda::OverlapPolicy::partial_bytes)
      .def_readwrite("partial_share", &cuda::OverlapPolicy::partial_share)
      .def_readwrite("tile_bytes", &cuda::OverlapPolicy::tile_bytes)
      .def_readwrite("least_tile", &cuda::OverlapPolicy::least_tile)
      .def_readwrite("most_tile", &cuda::OverlapPolicy::most_tile)
      .def_readwrite("least_lanes", &cuda::OverlapPolicy::least_lanes)
      .def_readwrite("least_staged", &cuda::OverlapPolicy::least_staged)
      .def_readwrite("fold_pixels", &cuda::OverlapPolicy::fold_pixels)
      .def_readwrite("max_grid", &cuda::OverlapPolicy::max_grid);
  m.def("overlap_policy", [] { return cuda::current_overlap_policy(); });
  m.def(
      "set_overlap_policy", [](const cuda::OverlapPolicy& policy) { cuda::current_overlap_policy() = policy; },
      py::arg("policy"));

  py::class_<cuda::OverlapTile>(m, "OverlapTile", "How a block takes a tile of pixels in shared memory.")
      .def_readonly("pixels", &cuda::OverlapTile::pixels)
      .def_readonly("classes", &cuda::OverlapTile::classes)
      .def_readonly("threads_per_pixel", &cuda::OverlapTile::threads_per_pixel)
      .def_readonly("segments", &cuda::OverlapTile::segments)
      .def_readonly("by_class", &cuda::OverlapTile::by_class);
  py::class_<cuda::OverlapPlan>(m, "OverlapPlan", "The launch of overlap_sums that reads the pixels.")
      .def_readonly("path", &cuda::OverlapPlan::path)
      .def_readonly("classes", &cuda::OverlapPlan::classes)
      .def_readonly("threads", &cuda::OverlapPlan::threads)
      .def_readonly("access", &cuda::OverlapPlan::access)
      .def_readonly("tile", &cuda::OverlapPlan::tile)
      .def_readonly("pixels_per_part", &cuda::OverlapPlan::pixels_per_part)
      .def_readonly("parts_per_sample", &cuda::OverlapPlan::parts_per_sample)
      .def_readonly("values", &cuda::OverlapPlan::values)
      .def_readonly("shared_bytes", &cuda::OverlapPlan::shared_bytes)
      .def_readonly("grid", &cuda::OverlapPlan::grid);
  m.def(
      "overlap_plan",
      [](const cuda::OverlapPolicy& policy, int64_t samples, int64_t classes, int64_t pixels, int64_t element_bytes,
         bool softmax, bool labels, bool channels_last, bool backward) {
        const auto problem = overlap_problem(samples, classes, pixels, element_bytes, softmax, labels, channels_last);
        return cuda::overlap_plan(policy, problem, backward);
      },
      py::arg("policy"), py::arg("samples"), py::arg("classes"), py::arg("pixels"), py::arg("element_bytes"),
      py::arg("softmax"), py::arg("labels"), py::arg("channels_last"), py::arg("backward"));
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "Build information and kernel plans of torchtally.";
  m.def("build_info", &build_info);

  py::enum_<cpu::Strategy>(m, "Strategy", "Where a CPU thread counts before the result reaches the output.")
      .value("AUTO", cpu::Strategy::kAuto)
      .value("TABLE", cpu::Strategy::kTable)
      .value("DIRECT", cpu::Strategy::kDirect);

  py::enum_<cpu::Loop>(m, "Loop", "How a tile of byte codes reaches a table.")
      .value("AUTO", cpu::Loop::kAuto)
      .value("RUNS", cpu::Loop::kRuns)
      .value("DENSE", cpu::Loop::kDense)
      .value("BINARY", cpu::Loop::kBinary);

  py::enum_<cpu::Level>(m, "Level", "Instruction sets that the CPU kernels are compiled for.")
      .value("PORTABLE", cpu::Level::kPortable)
      .value("NEON", cpu::Level::kNeon)
      .value("AVX2", cpu::Level::kAvx2)
      .value("AVX512", cpu::Level::kAvx512);
  m.def("has_level", [](cpu::Level level) { return cpu::kernels_of(level) != nullptr; }, py::arg("level"));
  m.def("force_level", &cpu::force_level, py::arg("level"));

  m.def(
      "streaming_read",
      [](uintptr_t address, int64_t size) { return cpu::streaming_read(reinterpret_cast<const void*>(address), size); },
      py::arg("address"), py::arg("size"), py::call_guard<py::gil_scoped_release>());

  py::class_<cpu::Policy>(m, "CpuPolicy", "Every tuning number of the CPU kernels.")
      .def(py::init<>())
      .def_readwrite("strategy", &cpu::Policy::strategy)
      .def_readwrite("loop", &cpu::Policy::loop)
      .def_readwrite("pixels_per_thread", &cpu::Policy::pixels_per_thread)
      .def_readwrite("table_bytes", &cpu::Policy::table_bytes)
      .def_readwrite("four_copies", &cpu::Policy::four_copies)
      .def_readwrite("two_copies", &cpu::Policy::two_copies)
      .def_readwrite("runs_percent", &cpu::Policy::runs_percent)
      .def_readwrite("most_skipped", &cpu::Policy::most_skipped);
  m.def("cpu_policy", [] { return cpu::current_policy(); });
  m.def("set_cpu_policy", [](const cpu::Policy& policy) { cpu::current_policy() = policy; }, py::arg("policy"));

  py::class_<cpu::Plan>(m, "CpuPlan", "How one counting call is spread over threads.")
      .def_readonly("strategy", &cpu::Plan::strategy)
      .def_readonly("segments", &cpu::Plan::segments);
  m.def("cpu_plan", &cpu::make_plan, py::arg("policy"), py::arg("groups"), py::arg("pixels"), py::arg("table_cells"),
        py::arg("threads"));

  bind_cuda_policy(m);
  bind_overlap_policy(m);
}
