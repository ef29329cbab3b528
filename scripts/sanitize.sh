#!/usr/bin/env bash
# Runs the CPU kernels and the emulated CUDA kernels under AddressSanitizer and UndefinedBehaviorSanitizer, and the CPU
# kernels under ThreadSanitizer. Needs a C++ compiler, cmake, and a python with torch and pytest.
#
#   PYTHON   the interpreter (default: python3)
#   CMAKE    cmake (default: cmake)
#   SCRATCH  folder of the builds (default: build/sanitize)
#   CASES    random problems for the CPU kernels (default: 500)
#   SEED     of these problems (default: 1)
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
cmake="${CMAKE:-cmake}"
scratch="${SCRATCH:-build/sanitize}"
mkdir -p "$scratch"
export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1"
export TSAN_OPTIONS="halt_on_error=1"

title() { printf '\n== %s\n' "$*"; }

for sanitizers in address,undefined thread; do
  title "CPU kernels: $sanitizers"
  folder="$scratch/cpp-$sanitizers"
  "$cmake" -S tests/cpp -B "$folder" -DTORCHTALLY_SANITIZERS="$sanitizers" >"$scratch/cmake.log"
  "$cmake" --build "$folder" --parallel >"$scratch/build.log" || { cat "$scratch/build.log"; exit 1; }
  "$folder/counting_test" "${CASES:-500}" "${SEED:-1}"
done

title 'CUDA kernels, emulated: address,undefined'
# The runtime must be the first library of the process, and find what throws exceptions when it starts. Python itself
# leaks, and is not what is looked at.
compiler="${CXX:-g++}"
asan="$("$compiler" -print-file-name=libasan.so)"
throws="$("$compiler" -print-file-name=libstdc++.so.6)"
if [[ ! -e "$asan" || ! -e "$throws" ]]; then
  echo "not run: $compiler has no shared libasan and libstdc++"
  exit 0
fi
flags='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
CXX="$compiler" LD_PRELOAD="$asan $throws" ASAN_OPTIONS="detect_leaks=0" TORCHTALLY_EMULATION_FLAGS="$flags" \
  "$python" -m pytest -q -p no:cacheprovider -x tests/test_cuda_emulation.py
