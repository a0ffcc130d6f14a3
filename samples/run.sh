#!/usr/bin/env bash
# The main job on a real image pair: which filter turned cat.png into cat-blurred.png?
# Installs what is missing, builds, estimates the kernel, and leaves kernel and report in
# samples/out. Arguments are passed on to `clkernest estimate`, for example: --device opencl
set -euo pipefail
cd "$(dirname "$0")/.."
. samples/packages.sh

need "${build_packages[@]}" "${pocl_packages[@]}"
cmake -S . -B build/samples -G Ninja -DCMAKE_BUILD_TYPE=Release -DCKN_TESTS=OFF >/dev/null
cmake --build build/samples --target clkernest_program | tail -n 1

mkdir -p samples/out
build/samples/host/cli/clkernest estimate samples/pictures/cat.png samples/pictures/cat-blurred.png \
    -o samples/out/kernel.npy \
    --report samples/out/report.png --json samples/out/estimate.json "$@"
echo
echo "kernel:  samples/out/kernel.npy (float64)"
echo "report:  samples/out/report.png"
echo "figures: samples/out/estimate.json"
