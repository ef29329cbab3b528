#!/usr/bin/env bash
# Builds, tests, sanitises and measures torchtally on the NVIDIA GPU of this machine. Needs python3 with a CUDA build of
# torch, nvcc, cmake, ninja, pybind11, scikit-build-core and pytest; no network. Tests that need another package which
# is not installed are skipped and say so. Packages that python3 lacks are taken from wheels in .whl/ if there are any.
#
#   SCRATCH        folder of the build (default: a new one, removed at the end)
#   RESULTS        folder of the benchmarks' <gpu name>.json, <gpu name>-losses.json and .md, and of the tests' and
#                  sanitisers' <step>.log (default: benchmarks/results, and no logs)
#   STEPS          what to do of "gpu-tests tests memcheck racecheck bench bench-losses" (default: all); a SCRATCH that
#                  is kept lets several calls share a build
#   LIMIT          seconds after which a step is stopped and has failed (default: 480); the benchmarks begin no row
#                  after half of that
#   BENCH_ARGS     for both benchmarks, e.g. --without-peers
#   PYTHON         the interpreter (default: python3)
#   GPU_CHECK_DRY  1: run the same steps on a machine without a GPU. Tests of the GPU skip themselves, the benchmarks
#                  take tiny inputs on the CPU, and what is written lands in SCRATCH.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
dry="${GPU_CHECK_DRY:-0}"
if [[ -z "${SCRATCH:-}" ]]; then
  SCRATCH="$(mktemp -d)"
  trap 'rm -rf "$SCRATCH"' EXIT
fi
site="$SCRATCH/site"
mkdir -p "$site" ${RESULTS:+"$RESULTS"}
export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
PATH="$site/bin:$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))'):$PATH:/usr/local/cuda/bin"
export PATH

title() { printf '\n== %s (at %d s)\n' "$*" "$SECONDS"; }

title device
if [[ "$dry" == 1 ]]; then
  echo "dry run: no GPU is asked for"
  arch="${TORCH_CUDA_ARCH_LIST:-9.0}"
else
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
  "$python" - <<'PYTHON'
import torch

assert torch.cuda.is_available(), f"torch {torch.__version__} sees no CUDA device"
print("torch", torch.__version__, "on", torch.cuda.get_device_name())
PYTHON
  arch="$("$python" -c 'import torch; print("%d.%d" % torch.cuda.get_device_capability())')"
fi
nvcc --version | tail -n 2

title "build for compute capability $arch"
if compgen -G '.whl/*.whl' >/dev/null; then
  "$python" -m pip install --quiet --no-index --no-deps --no-compile --upgrade --target "$site" .whl/*.whl
fi
TORCH_CUDA_ARCH_LIST="$arch" "$python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
  --no-build-isolation --no-compile --upgrade --target "$site" \
  --config-settings=cmake.define.TORCHTALLY_CUDA=ON --config-settings=build-dir="$SCRATCH/build" .
if [[ "$dry" != 1 ]]; then
  "$python" -c 'from torchtally._library import cuda_unavailable_reason as why; assert not why, why'
fi
# Seen with a g++ that links libstdc++ into every library: torch cannot catch what such a library throws.
"$python" - <<'PYTHON' || { echo "an error of an op does not reach Python: is libstdc++ linked dynamically? CXX names another compiler"; exit 1; }
import torch, torchtally

try:
    torch.ops.torchtally.confusion_matrix(torch.zeros(1), torch.zeros(1), 0)
except RuntimeError:
    pass
PYTHON

limit="${LIMIT:-480}"
failed=()
# step NAME COMMAND...: runs it if it is wanted, keeps what it prints where RESULTS says, and goes on if it fails.
step() {
  local name="$1" log=/dev/null status=0
  shift
  [[ " ${STEPS:-gpu-tests tests memcheck racecheck bench bench-losses} " == *" $name "* ]] || return 0
  title "$name"
  [[ -z "${RESULTS:-}" || "$name" == bench* ]] || log="$RESULTS/$name.log"
  timeout "$limit" "$@" 2>&1 | tee "$log" || status=$?
  if [[ $status == 124 ]]; then
    echo "stopped after $limit s"
  elif [[ $status == 5 && "$name" == gpu-tests && "$dry" == 1 ]]; then
    status=0  # pytest found no test, as without a GPU
  fi
  [[ $status == 0 ]] || failed+=("$name")
}

pytest=("$python" -m pytest -q -p no:cacheprovider)
if "$python" -c 'import xdist' 2>/dev/null; then
  pytest+=(-n "${WORKERS:-8}" --dist worksteal)
fi
step gpu-tests "${pytest[@]}" -m gpu tests
step tests "${pytest[@]}" -m 'not gpu' tests --ignore=tests/test_cuda_faults.py

for tool in memcheck racecheck; do
  if [[ "$dry" == 1 ]]; then
    step "$tool" "$python" scripts/gpu_sanitize.py --device cpu
  elif command -v compute-sanitizer >/dev/null; then
    # Without torch's caching allocator every tensor has bounds of its own.
    PYTORCH_NO_CUDA_MEMORY_CACHING=1 step "$tool" compute-sanitizer --tool "$tool" --error-exitcode 9 \
      "$python" scripts/gpu_sanitize.py
  else
    title "$tool: compute-sanitizer is not installed, not run"
  fi
done

options=(--output "${RESULTS:-benchmarks/results}" --seconds $((limit / 2)))
if [[ "$dry" == 1 ]]; then
  options=(--dry --rounds 2 --output "${RESULTS:-$SCRATCH/results}")
fi
read -r -a given <<<"${BENCH_ARGS:-}"
step bench "$python" benchmarks/counts_cuda.py "${options[@]}" "${given[@]}"
step bench-losses "$python" benchmarks/losses_cuda.py "${options[@]}" "${given[@]}"

title result
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all passed"
