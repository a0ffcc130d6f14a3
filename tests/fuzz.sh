#!/usr/bin/env bash
# Fuzzes: installs what is missing, builds the targets of tests/fuzz/ for libFuzzer, and runs each.
# Usage: tests/fuzz.sh MINUTES [TARGET...]
# MINUTES (a fraction such as 0.5 is fine) is the time of each target; without TARGETs, all run.
# As many run at a time as there are processors.
# What a target has learnt stays in build/fuzz/corpus/TARGET, and the next run goes on from there.
# Prints one line a target. Exit status 1: at least one input makes a target fail; it is named.
set -euo pipefail
cd "$(dirname "$0")/.."
. samples/packages.sh

seconds=0 # which libFuzzer would take for no end
[[ ${1:-} =~ ^[0-9]*\.?[0-9]+$ ]] && seconds=$(awk "BEGIN { print int(60 * $1 + 0.999) }")
if [ "$seconds" -eq 0 ]; then
    echo "usage: tests/fuzz.sh MINUTES [TARGET...]" >&2
    exit 2
fi
shift

need "${build_packages[@]}" libcmocka-dev clang libclang-rt-dev libomp-dev python3 python3-png \
    python3-numpy python3-tifffile python3-astropy python3-imageio python3-pil
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzzers -j "$(nproc)" | tail -n 1

root=$PWD
build=$root/build/fuzz
mkdir -p "$build/corpus" "$build/finds" "$build/logs" "$build/work" "$build/pngs" "$build/formats"
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" tests/io/make_pngs.py "$build/pngs"
"$python" tests/io/make_formats.py "$build/formats" >/dev/null
"$python" tests/fuzz/make_seeds.py "$build/seeds" "$build/pngs" "$build/formats"

jobs=$(nproc) # which below would count the threads of OpenMP
# Memory that a file asks for beyond max_allocation_size_mb is refused, as on a smaller machine.
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024:detect_odr_violation=0
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp:print_suppressions=0
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TMPDIR=$build/work

# Most bytes of an input, which keeps a target fast: twice the largest thing worth having.
length_of() {
    case $1 in
    csv | npy) echo 2000 ;;
    png | tiff | jpeg | fits | cards) echo 40000 ;;
    *) echo 256 ;;
    esac
}

# The latest number of the kind "cov: 123" in a log.
last_of() {
    grep -o "$2: [0-9]*" "$1" | tail -n 1 | grep -o '[0-9]*$' || echo 0
}

executions_of() {
    local count
    count=$(grep -o 'stat::number_of_executed_units: [0-9]*' "$1" | grep -o '[0-9]*$') ||
        count=$(grep -o '^#[0-9]*' "$1" | tail -n 1 | tr -d '#')
    echo "${count:-0}"
}

# One target; prints its line at the end, and returns 1 where it has found something.
fuzz() {
    local target=$1 program=$build/tests/fuzz/fuzz_$1
    local corpus=$build/corpus/$1 finds=$build/finds/$1 log=$build/logs/$1.txt
    local dictionary=tests/fuzz/$1.dict options=() inputs=("$corpus" "$build/seeds/$1") status=0
    if [ ! -x "$program" ]; then
        echo "There is no target '$target': see tests/fuzz/CMakeLists.txt" >&2
        return 1
    fi
    mkdir -p "$corpus" "$finds"
    [ -f "$dictionary" ] && options+=("-dict=$dictionary")
    [ -d "tests/fuzz/regressions/$target" ] && inputs+=("tests/fuzz/regressions/$target")
    "$program" -max_total_time="$seconds" -max_len="$(length_of "$target")" -timeout=25 \
        -rss_limit_mb=3000 -malloc_limit_mb=1100 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$finds/" "${options[@]}" "${inputs[@]}" >"$log" 2>&1 || status=$?
    report "$target" "$log" "$status" >"$log.report"
    cat "$log.report"
    return $((status != 0))
}

# The line of a target, and after a find what went wrong, the file with the input, and how to see it
# again.
report() {
    local target=$1 log=$2 find
    printf '%-10s %9s executions, coverage %6s, %5s inputs kept, %s\n' "$target" \
        "$(executions_of "$log")" "$(last_of "$log" cov)" \
        "$(find "$build/corpus/$target" -type f | wc -l)" \
        "$([ "$3" -eq 0 ] && echo no finds || echo A FIND)"
    [ "$3" -eq 0 ] && return
    grep -E '^fuzz: |ERROR: |runtime error: |SUMMARY: ' "$log" | head -n 4 | sed 's/^/    /' || true
    find=$(grep -o 'Test unit written to .*' "$log" | tail -n 1 | sed 's/Test unit written to //') ||
        true
    if [ -n "$find" ]; then
        echo "    input: ${find#"$root"/}"
        echo "    again: ASAN_OPTIONS=$ASAN_OPTIONS build/fuzz/tests/fuzz/fuzz_$target ${find#"$root"/}"
        echo "    keep it in tests/fuzz/regressions/$target/ once the defect is mended"
    fi
    echo "    log: ${log#"$root"/}"
}

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for seeds in "$build"/seeds/*/; do
        targets+=("$(basename "$seeds")")
    done
fi
failed=0 running=0
for target in "${targets[@]}"; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
for (( ; running > 0; running--)); do
    wait -n || failed=1
done
rm -rf "$build/work"
exit "$failed"
