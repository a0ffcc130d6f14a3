#!/bin/sh
# oclgrind.sh OCLGRIND LOG PROGRAM: fails where the program does, or where oclgrind has anything to
# say; oclgrind itself ends with the program's status.
set -eu
oclgrind=$1 log=$2 program=$3
rm -f "$log"
"$oclgrind" --data-races --check-api --log "$log" "$program"
if [ -s "$log" ]; then
    cat "$log" >&2
    exit 1
fi
