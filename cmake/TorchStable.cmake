# The LibTorch stable ABI: headers and libraries of an installed torch, taken by path. find_package(Torch) is not used:
# with a CPU torch it never sets CUDA up, and with a CUDA torch it forces its own architectures and a shared runtime.
#
# Targets: TorchStable::cpu, TorchStable::cuda. Variables: TORCH_STABLE_ROOT, TORCH_STABLE_VERSION,
# TORCH_STABLE_TARGET_NAME, TORCH_STABLE_CUDA_LIBRARY (not found with a CPU build of torch).
# Set TORCHTALLY_TORCH_ROOT to use a LibTorch without asking Python.

set(TORCH_STABLE_TARGET_NAME "2.10")
set(TORCH_STABLE_TARGET "0x020a000000000000ull")
set(TORCHTALLY_TORCH_ROOT "" CACHE PATH "Folder of LibTorch, with include and lib; empty: the torch of Python")
string(CONCAT TORCHTALLY_HOW_TO_INSTALL
  "Run\n"
  "    pip install torch cmake ninja pybind11 scikit-build-core\n"
  "    pip install --no-build-isolation .\n"
  "With uv: uv pip install --no-build-isolation-package torchtally .")

if(NOT TORCHTALLY_TORCH_ROOT)
  find_package(Python REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c
      "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE TORCH_STABLE_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT TORCH_STABLE_ROOT)
    message(FATAL_ERROR
      "torchtally builds against the torch that it will run with, and there is none in this build environment "
      "(${Python_EXECUTABLE}). ${TORCHTALLY_HOW_TO_INSTALL}")
  endif()
else()
  set(TORCH_STABLE_ROOT "${TORCHTALLY_TORCH_ROOT}")
endif()

find_file(TORCH_STABLE_HEADER torch/csrc/stable/library.h PATHS "${TORCH_STABLE_ROOT}/include" NO_DEFAULT_PATH NO_CACHE)
find_library(TORCH_STABLE_LIBRARY torch PATHS "${TORCH_STABLE_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(TORCH_STABLE_CPU_LIBRARY torch_cpu PATHS "${TORCH_STABLE_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(TORCH_STABLE_CUDA_LIBRARY torch_cuda PATHS "${TORCH_STABLE_ROOT}/lib" NO_DEFAULT_PATH NO_CACHE)
if(NOT TORCH_STABLE_HEADER OR NOT TORCH_STABLE_LIBRARY OR NOT TORCH_STABLE_CPU_LIBRARY)
  message(FATAL_ERROR "No LibTorch with the stable ABI (torch >= ${TORCH_STABLE_TARGET_NAME}) in ${TORCH_STABLE_ROOT}. "
    "Run\n    pip install --upgrade torch\nor set TORCHTALLY_TORCH_ROOT.")
endif()

set(TORCH_STABLE_VERSION "unknown")
file(STRINGS "${TORCH_STABLE_ROOT}/include/torch/headeronly/version.h" torch_version_lines
  REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9;]" "" torch_version_numbers "${torch_version_lines}")
string(REPLACE ";" "." TORCH_STABLE_VERSION "${torch_version_numbers}")
if(TORCH_STABLE_VERSION VERSION_LESS TORCH_STABLE_TARGET_NAME)
  message(FATAL_ERROR "torchtally needs torch >= ${TORCH_STABLE_TARGET_NAME}, found ${TORCH_STABLE_VERSION} in "
    "${TORCH_STABLE_ROOT}. Run\n    pip install --upgrade torch")
endif()
message(STATUS "torchtally: torch ${TORCH_STABLE_VERSION} headers, stable ABI ${TORCH_STABLE_TARGET_NAME}")

add_library(TorchStable_cpu INTERFACE)
add_library(TorchStable::cpu ALIAS TorchStable_cpu)
target_include_directories(TorchStable_cpu SYSTEM INTERFACE "${TORCH_STABLE_ROOT}/include")
target_compile_definitions(TorchStable_cpu INTERFACE TORCH_TARGET_VERSION=${TORCH_STABLE_TARGET})
# libtorch is named as a dependency although the linker sees no symbol of it used: it is the one library that every
# torch build has, and what it needs (CUDA or not) comes with it. Python loads torch with local scope, so without a
# dependency of our own nothing would resolve.
if(APPLE OR WIN32)
  target_link_libraries(TorchStable_cpu INTERFACE "${TORCH_STABLE_LIBRARY}" "${TORCH_STABLE_CPU_LIBRARY}")
else()
  target_link_libraries(TorchStable_cpu INTERFACE
    -Wl,--no-as-needed "${TORCH_STABLE_LIBRARY}" "${TORCH_STABLE_CPU_LIBRARY}" -Wl,--as-needed)
endif()

# CUDA symbols of torch are resolved when the library is loaded into a CUDA build of torch.
add_library(TorchStable_cuda INTERFACE)
add_library(TorchStable::cuda ALIAS TorchStable_cuda)
target_link_libraries(TorchStable_cuda INTERFACE TorchStable_cpu)
target_compile_definitions(TorchStable_cuda INTERFACE USE_CUDA)
