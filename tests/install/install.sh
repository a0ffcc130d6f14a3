#!/usr/bin/env bash
# install.sh BUILD PREFIX: a fresh installation in which everything that is promised is there.
set -euo pipefail
rm -rf "$2"
cmake --install "$1" --prefix "$2" >/dev/null
cd "$2"
lib=$(dirname "$(find . -name libclkernest.so)")
for file in bin/clkernest include/clkernest.h "$lib/libclkernest.so" "$lib/libclkernest.a" \
    "$lib/pkgconfig/clkernest.pc" "$lib/cmake/clkernest/clkernestConfig.cmake" \
    "$lib/cmake/clkernest/clkernestConfigVersion.cmake" share/man/man1/clkernest.1 \
    share/bash-completion/completions/clkernest; do
    [ -e "$file" ] || { echo "missing: $file"; exit 1; }
done
objdump -p "$lib/libclkernest.so" | grep -q 'SONAME.*libclkernest\.so\.[0-9]'
# Nothing but the public header is installed.
[ "$(find include -type f | wc -l)" -eq 1 ]
