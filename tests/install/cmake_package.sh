#!/usr/bin/env bash
# cmake_package.sh SOURCE PREFIX WORK: the sample program, found by find_package, built and run.
set -euo pipefail
rm -rf "$3"
cmake -G Ninja -S "$1/samples/consumer" -B "$3" -DCMAKE_PREFIX_PATH="$2" \
    -DCMAKE_EXE_LINKER_FLAGS="${CKN_SANITIZE:+-fsanitize=$CKN_SANITIZE}" >/dev/null
cmake --build "$3" >/dev/null
"$3/consumer" cpu
