#!/usr/bin/env bash
# Runs the test of threads on the CPU backend under ThreadSanitizer: installs what is missing and
# builds what it takes with clang. Archer, of LLVM's OpenMP, tells ThreadSanitizer how the threads of
# parallel loops wait for each other; without it every loop looks like a race.
set -euo pipefail
cd "$(dirname "$0")/.."
. samples/packages.sh

need "${build_packages[@]}" libcmocka-dev clang libclang-rt-dev libomp-dev python3 python3-png \
    python3-numpy python3-tifffile python3-astropy python3-imageio python3-pil
cmake --preset tsan >/dev/null
cmake --build build/tsan --target test_threads -j "$(nproc)" | tail -n 1
# ThreadSanitizer wants its memory where some kernels put libraries, unless addresses are fixed.
fixed=()
setarch -R true 2>/dev/null && fixed=(setarch -R)
"${fixed[@]}" ctest --test-dir build/tsan --output-on-failure -R '^threads\.cpu$' "$@"
