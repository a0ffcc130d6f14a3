#!/usr/bin/env bash
# symbols.sh LIBRARY HEADER: exported functions and declared functions are the same set.
set -euo pipefail
exported=$(nm -D --defined-only "$1" | awk '$2 ~ /[TDBR]/ { print $3 }' | grep -v '^_' | sort)
declared=$(tr '\n' ' ' <"$2" | sed 's#/\*#\n#g' | sed 's#^.*\*/##' | tr '\n' ' ' |
    grep -o 'CKN_API [^;]*(' | grep -o 'ckn_[a-z0-9_]* *(' | tr -d ' (' | sort -u)
diff <(echo "$declared") <(echo "$exported") || { echo "(< declared only, > exported only)"; exit 1; }
