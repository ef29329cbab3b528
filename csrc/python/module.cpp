// torchtally._core: what an op schema cannot carry. Build facts, the CPU plan, and the policy that tests and benchmarks
// override. Compiled without TORCH_TARGET_VERSION: nothing of torch is used here.
#include <pybind11/pybind11.h>

#include <string>

#include "ops/cpu/policy.h"

namespace py = pybind11;
namespace cpu = torchtally::cpu;

namespace {

py::dict build_info() {
  py::dict info;
  info["version"] = TORCHTALLY_VERSION;
  info["compiler"] = TORCHTALLY_COMPILER;
  info["torch_headers"] = TORCHTALLY_TORCH_HEADERS;
  info["torch_abi"] = TORCHTALLY_TORCH_ABI;
  info["cpu_capability"] = "portable";
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

  py::class_<cpu::Policy>(m, "CpuPolicy", "Every tuning number of the CPU kernels.")
      .def(py::init<>())
      .def_readwrite("strategy", &cpu::Policy::strategy)
      .def_readwrite("pixels_per_thread", &cpu::Policy::pixels_per_thread)
      .def_readwrite("table_bytes", &cpu::Policy::table_bytes)
      .def_readwrite("joint_classes", &cpu::Policy::joint_classes);
  m.def("cpu_policy", [] { return cpu::current_policy(); });
  m.def("set_cpu_policy", [](const cpu::Policy& policy) { cpu::current_policy() = policy; }, py::arg("policy"));

  py::class_<cpu::Plan>(m, "CpuPlan", "How one counting call is spread over threads.")
      .def_readonly("strategy", &cpu::Plan::strategy)
      .def_readonly("segments", &cpu::Plan::segments);
  m.def("cpu_plan", &cpu::make_plan, py::arg("policy"), py::arg("groups"), py::arg("pixels"), py::arg("table_cells"),
        py::arg("threads"));
}
