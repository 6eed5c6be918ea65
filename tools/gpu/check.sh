#!/bin/bash
# Tests marked `gpu` and the figures, on a machine with a GPU: at most 110 s.
#   OUT=folder bash tools/gpu/check.sh
# Logs and figures go to $OUT. What the machine lacks (weights/, wheels) is skipped and said.
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-/tmp/gpu_check}
mkdir -p "$OUT"
export PYTHONUNBUFFERED=1
started=$SECONDS failed=0
{
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
    python3 -c "import platform, torch, torchvision, timm, PIL, numpy
print('python', platform.python_version(), 'torch', torch.__version__, 'cudnn',
      torch.backends.cudnn.version(), 'torchvision', torchvision.__version__, 'timm',
      timm.__version__, 'Pillow', PIL.__version__, 'numpy', numpy.__version__)"
} 2>&1 | tee "$OUT/machine.txt"
# Four processes where pytest-xdist is: half of the time is the CPU's, for what is compared with.
python3 -c "import xdist" 2>/dev/null && many=(-n 4 --dist loadfile) || many=()
set -o pipefail
# Interrupted, both say what they have found so far.
OMP_NUM_THREADS=4 timeout -s INT -k 6 ${TESTS:-56} python3 -m pytest -m gpu -v --tb=short \
    --durations=12 -p no:cacheprovider "${many[@]}" tests/models/test_device.py \
    $(find tests/models -name test_on_gpu.py | sort) 2>&1 | tee "$OUT/tests.txt" || failed=1
timeout -s INT -k 3 $((${ALL:-104} - (SECONDS - started))) python3 -m tools.gpu.figures \
    --out "$OUT/figures.json" $FIGURES 2>&1 | tee "$OUT/figures.txt" || failed=1
exit $failed
