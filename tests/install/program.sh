#!/usr/bin/env bash
# program.sh SOURCE PREFIX WORK: the installed program finds its library without help, does a job,
# and its man page and completion are sound.
set -euo pipefail
mkdir -p "$3"
cd "$3"
program=$2/bin/clkernest
env -u LD_LIBRARY_PATH "$program" --version
env -u LD_LIBRARY_PATH "$program" boxkernel --sigma 2 --passes 4 -o box.csv --quiet
[ -s box.csv ]
bash -n "$2/share/bash-completion/completions/clkernest"
if command -v man >/dev/null; then
    warnings=$(LC_ALL=C.UTF-8 man --warnings -l "$2/share/man/man1/clkernest.1" 2>&1 >/dev/null)
    [ -z "$warnings" ] || { echo "$warnings"; exit 1; }
fi
