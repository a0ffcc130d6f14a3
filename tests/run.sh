#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. Arguments are passed on to ctest, for
# example: tests/run.sh -R backend
# --long, as the first argument, runs the tests of the label long, too: all faults, 200 kills, 2000
# random problems; hours. Those alone: tests/run.sh --long -L long
# CKN_PRESET chooses another configuration of CMakePresets.json, for example: sanitize
set -euo pipefail
cd "$(dirname "$0")/.."
. samples/packages.sh

need "${build_packages[@]}" "${pocl_packages[@]}" libcmocka-dev clang g++ oclgrind python3 python3-png python3-numpy \
    python3-tifffile python3-astropy python3-imageio python3-pil locales binutils
preset=${CKN_PRESET:-release}
long=()
if [ "${1:-}" = --long ]; then
    long=(-C long)
    shift
fi
# A folder that was configured without tests would have none, and pass.
cmake --preset "$preset" -DCKN_TESTS=ON >/dev/null
cmake --build "build/$preset" -j "$(nproc)" | tail -n 1
ctest --test-dir "build/$preset" --no-tests=error --output-on-failure -j "$(nproc)" "${long[@]}" "$@"
