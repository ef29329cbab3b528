// torchtally._core: what an op schema cannot carry. Build facts, the CPU plan, and the policy that tests and benchmarks
// override. Compiled without TORCH_TARGET_VERSION: nothing of torch is used here.
#include <pybind11/pybind11.h>

#include <string>

#include "ops/cpu/kernels.h"
#include "ops/cpu/policy.h"
#include "ops/cpu/streaming_read.h"

namespace py = pybind11;
namespace cpu = torchtally::cpu;

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
      .def_readwrite("joint_classes", &cpu::Policy::joint_classes)
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
}
