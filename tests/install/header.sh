#!/usr/bin/env bash
# header.sh SOURCE: the public header stands alone, in C and (where there is a compiler) in C++.
set -euo pipefail
header=$1/host/clkernest.h
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "$header"
if command -v c++ >/dev/null; then
    c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ "$header"
fi
