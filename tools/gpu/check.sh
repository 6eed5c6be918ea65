#!/bin/bash
# Tests marked `gpu` and the figures, on a machine with a GPU: at most 110 s.
#   OUT=folder bash tools/gpu/check.sh
# Logs and figures go to $OUT. What the machine lacks (weights/, wheels) is skipped and said.
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-/tmp/gpu_check}
mkdir -p "$OUT"
export PYTHONUNBUFFERED=1 PYTHONPATH=$PWD:$PYTHONPATH
started=$SECONDS failed=0
{
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
    python3 -c "import platform, torch, torchvision, timm, PIL, numpy
print('python', platform.python_version(), 'torch', torch.__version__, 'cudnn',
      torch.backends.cudnn.version(), 'torchvision', torchvision.__version__, 'timm',
      timm.__version__, 'Pillow', PIL.__version__, 'numpy', numpy.__version__)"
} 2>&1 | tee "$OUT/machine.txt"
set -o pipefail
timeout -k 2 62 python3 -m pytest tests/models -m gpu -q --tb=short --durations=15 -p no:cacheprovider \
    --continue-on-collection-errors 2>&1 | tee "$OUT/tests.txt" || failed=1
timeout -k 2 $((106 - (SECONDS - started))) python3 -m tools.gpu.figures --out "$OUT/figures.json" \
    2>&1 | tee "$OUT/figures.txt" || failed=1
exit $failed
