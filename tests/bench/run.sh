#!/usr/bin/env bash
# Builds, measures, and writes tests/bench/RESULTS.md. Run it on a machine that does nothing else.
# Arguments: the devices to measure, separated by commas (default: cpu,opencl).
set -euo pipefail
cd "$(dirname "$0")/../.."
. samples/packages.sh

need "${build_packages[@]}" "${pocl_packages[@]}" python3
cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DCKN_TESTS=OFF >/dev/null
cmake --build build/bench --target clkernest_program | tail -n 1
program=$PWD/build/bench/host/cli/clkernest
results=tests/bench/RESULTS.md
{
    echo "# Results"
    echo
    echo "Written by \`tests/bench/run.sh\` on $(date -u +%Y-%m-%d). Times are medians of the program's own clocks"
    echo "(\`--repeat\`, the first run left out); ratios are of one run on one machine."
    echo
    "$program" devices | sed 's/^/    /'
    echo
    python3 tests/bench/bench.py "$program" "${1:-cpu,opencl}"
} >"$results.new"
mv "$results.new" "$results"
cat "$results"
