#!/usr/bin/env bash
# Runs the CPU kernels and the emulated CUDA kernels under AddressSanitizer with UndefinedBehaviorSanitizer, and under
# ThreadSanitizer; then sees that faults planted in the CUDA kernels are caught. Needs a C++ compiler, cmake, and a
# python with torch and pytest.
#
#   PYTHON   the interpreter (default: python3)
#   CMAKE    cmake (default: cmake)
#   SCRATCH  folder of the builds (default: build/sanitize)
#   CASES    random problems (default: 500)
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

# A fiber's history must reach back to what another did before a barrier.
export TSAN_OPTIONS="$TSAN_OPTIONS:history_size=4"
for sanitizers in address,undefined thread; do
  title "CUDA kernels, emulated: $sanitizers"
  programs="$("$python" tests/cuda_emulation/build.py "$scratch/cuda-$sanitizers" \
    "-fsanitize=$sanitizers" -fno-sanitize-recover=all)"
  for program in $programs; do
    ASAN_OPTIONS="detect_leaks=0" "$program" "${CASES:-500}" "${SEED:-1}"
  done
done

title 'faults planted in the CUDA kernels'
"$python" -m pytest -q -p no:cacheprovider tests/test_cuda_faults.py
