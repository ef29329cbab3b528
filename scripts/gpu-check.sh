#!/usr/bin/env bash
# Builds, tests, sanitises and measures torchtally on the NVIDIA GPU of this machine. Needs python3 with a CUDA build of
# torch, nvcc and pytest; no network. Build tools that python3 lacks are taken from the wheels in .whl/ if there are any.
#
#   SCRATCH  folder of the build (default: a new one, removed at the end)
#   RESULTS  folder of the benchmark's table, <gpu name>.json (default: benchmarks/results)
#   STEPS    what to do of "test sanitize bench" (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z "${SCRATCH:-}" ]]; then
  SCRATCH="$(mktemp -d)"
  trap 'rm -rf "$SCRATCH"' EXIT
fi
site="$SCRATCH/site"
steps=" ${STEPS:-test sanitize bench} "
mkdir -p "$site"
export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
PATH="$site/bin:$(python3 -c 'import sysconfig; print(sysconfig.get_path("scripts"))'):$PATH:/usr/local/cuda/bin"
export PATH

title() { printf '\n== %s\n' "$*"; }
wants() { [[ "$steps" == *" $1 "* ]]; }

title device
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
python3 - <<'PYTHON'
import torch

assert torch.cuda.is_available(), f"torch {torch.__version__} sees no CUDA device"
print("torch", torch.__version__, "on", torch.cuda.get_device_name())
PYTHON
nvcc --version | tail -n 2
arch="$(python3 -c 'import torch; print("%d.%d" % torch.cuda.get_device_capability())')"

title "build for compute capability $arch"
if compgen -G '.whl/*.whl' >/dev/null; then
  python3 -m pip install --quiet --no-index --no-deps --no-compile --upgrade --target "$site" .whl/*.whl
fi
start=$SECONDS
TORCH_CUDA_ARCH_LIST="$arch" python3 -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
  --no-build-isolation --no-compile --upgrade --target "$site" \
  --config-settings=cmake.define.TORCHTALLY_CUDA=ON --config-settings=build-dir="$SCRATCH/build" .
echo "built in $((SECONDS - start)) s"

failed=()
if wants test; then
  title 'tests marked gpu, where no other library is needed'
  python3 -m pytest -m gpu -p no:cacheprovider tests/test_gpu.py tests/ops tests/metrics || failed+=(test)
fi

if wants sanitize; then
  if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do
      title "compute-sanitizer $tool"
      log="$SCRATCH/$tool.log"
      # Without torch's caching allocator every tensor has bounds of its own.
      status=0
      PYTORCH_NO_CUDA_MEMORY_CACHING=1 compute-sanitizer --tool "$tool" --error-exitcode 9 \
        python3 scripts/gpu_sanitize.py >"$log" 2>&1 || status=$?
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

if wants bench; then
  title benchmark
  python3 benchmarks/counts_cuda.py --output "${RESULTS:-benchmarks/results}" || failed+=(bench)
fi

title result
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all passed"
