# The instruction sets that csrc/ops/cpu/level/kernels.cpp is compiled for, one object library each.
#
# TORCHTALLY_LEVELS, TORCHTALLY_FLAGS_<level>, and TORCHTALLY_LEVEL_DEFINITIONS for the file that chooses among them.

set(TORCHTALLY_LEVELS portable)
set(TORCHTALLY_LEVEL_DEFINITIONS "")
set(TORCHTALLY_FLAGS_portable "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND TORCHTALLY_LEVELS avx2 avx512)
  set(TORCHTALLY_LEVEL_DEFINITIONS TORCHTALLY_X86)
  set(TORCHTALLY_FLAGS_avx2 -mavx2 -mbmi -mbmi2 -mpopcnt -mfma)
  set(TORCHTALLY_FLAGS_avx512 ${TORCHTALLY_FLAGS_avx2}
    -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl -mavx512vbmi -mavx512vbmi2 -mprefer-vector-width=512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  # Every such processor has it, and the compiler uses it for the portable kernels too; these call it by name.
  list(APPEND TORCHTALLY_LEVELS neon)
  set(TORCHTALLY_LEVEL_DEFINITIONS TORCHTALLY_ARM64)
  set(TORCHTALLY_FLAGS_neon -DTORCHTALLY_NEON)
endif()
