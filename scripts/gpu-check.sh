#!/usr/bin/env bash
# Builds, tests, sanitises and measures torchtally on the NVIDIA GPU of this machine. Needs python3 with a CUDA build of
# torch, nvcc, cmake, ninja, pybind11, scikit-build-core and pytest; no network. Tests that need another package which
# is not installed are skipped and say so. Packages that python3 lacks are taken from wheels in .whl/ if there are any.
#
#   SCRATCH        folder of the build (default: a new one, removed at the end)
#   RESULTS        folder of the benchmarks' <gpu name>.json, <gpu name>-losses.json and .md (default:
#                  benchmarks/results)
#   LOSS_SECONDS   the benchmark of the losses begins no row after so long (default: 240)
#   STEPS          what to do of "gpu-tests tests sanitize bench bench-losses" (default: all); a SCRATCH that is kept
#                  lets several calls share a build
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
steps=" ${STEPS:-gpu-tests tests sanitize bench bench-losses} "
mkdir -p "$site"
export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
PATH="$site/bin:$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))'):$PATH:/usr/local/cuda/bin"
export PATH

title() { printf '\n== %s (at %d s)\n' "$*" "$SECONDS"; }
wants() { [[ "$steps" == *" $1 "* ]]; }

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

failed=()
if wants gpu-tests; then
  title 'tests of the GPU'
  # pytest's status 5 says that nothing was selected, as without a GPU.
  "$python" -m pytest -q -p no:cacheprovider -m gpu tests || { [[ $? == 5 && "$dry" == 1 ]] || failed+=(gpu-tests); }
fi

if wants tests; then
  title 'the other tests'
  workers=()
  if "$python" -c 'import xdist' 2>/dev/null; then
    workers=(-n 8)
  fi
  "$python" -m pytest -q -p no:cacheprovider -m 'not gpu' "${workers[@]}" tests --ignore=tests/test_cuda_faults.py ||
    failed+=(tests)
fi

if wants sanitize; then
  if [[ "$dry" == 1 ]]; then
    title 'the calls that compute-sanitizer watches'
    "$python" scripts/gpu_sanitize.py --device cpu || failed+=(sanitize)
  elif command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
      title "compute-sanitizer $tool"
      log="$SCRATCH/$tool.log"
      # Without torch's caching allocator every tensor has bounds of its own.
      status=0
      PYTORCH_NO_CUDA_MEMORY_CACHING=1 compute-sanitizer --tool "$tool" --error-exitcode 9 \
        "$python" scripts/gpu_sanitize.py >"$log" 2>&1 || status=$?
      tail -n 15 "$log"
      if grep -q 'Device not supported' "$log"; then
        echo "not run: compute-sanitizer cannot reach this device"
      elif [[ $status -ne 0 ]]; then
        failed+=("$tool")
      fi
    done
  else
    title 'compute-sanitizer: not found, not run'
  fi
fi

options=(--output "${RESULTS:-benchmarks/results}")
if [[ "$dry" == 1 ]]; then
  options=(--dry --rounds 2 --output "${RESULTS:-$SCRATCH/results}")
fi
if wants bench; then
  title 'benchmark of the counts'
  "$python" benchmarks/counts_cuda.py "${options[@]}" || failed+=(bench)
fi

if wants bench-losses; then
  title 'benchmark of the losses'
  "$python" benchmarks/losses_cuda.py "${options[@]}" --seconds "${LOSS_SECONDS:-240}" || failed+=(bench-losses)
fi

title result
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all passed"
