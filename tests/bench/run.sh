#!/usr/bin/env bash
# Builds the program, installs its peers in a scratch environment, measures, and writes
# tests/bench/RESULTS.md. Run it on a machine that does nothing else.
#
#   tests/bench/run.sh                                  everything (about an hour on two cores)
#   tests/bench/run.sh --only exact --sizes 1024        a part; results of parts are merged
#   tests/bench/run.sh --devices cpu,opencl:0           devices as --device takes them
#   tests/bench/run.sh --program /usr/bin/clkernest     another program than that of this tree
#   tests/bench/run.sh --check                          tests of the benchmark's own formulas
#   tests/bench/run.sh --help                           the names of the sections
#
# Everything but RESULTS.md goes to build/bench. A peer that does not install is named in the
# results; remove build/bench/venv to try again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. samples/packages.sh

build=$PWD/build/bench
venv=$build/venv
required=(numpy scipy pillow)
peers=(scikit-image photutils pypher sfft ois opencv-python-headless pyvips pyvips-binary)

install_peers() {
    python3 -m venv --clear "$venv"
    local pip=("$venv/bin/pip" install --quiet --disable-pip-version-check)
    # Old packages import NumPy and setuptools while they build, so these come first.
    "${pip[@]}" "${required[@]}" 'setuptools<80' wheel cython
    for peer in "${peers[@]}"; do
        "${pip[@]}" "$peer" >"$build/pip.log" 2>&1 ||
            "${pip[@]}" --no-build-isolation "$peer" >>"$build/pip.log" 2>&1 ||
            echo "not available: $peer: $(grep -i error "$build/pip.log" | tail -n 1)"
    done
    echo "${required[*]} ${peers[*]}" >"$venv/complete"
}

build_program() {
    need "${build_packages[@]}" "${pocl_packages[@]}"
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCKN_TESTS=OFF >/dev/null
    cmake --build "$build" --target clkernest_program >"$build/build.log" || {
        tail -n 20 "$build/build.log" >&2
        return 1
    }
}

need python3 python3-venv python3-dev
need clpeak || echo "without clpeak the section \"direct\" has no peak to compare with"
mkdir -p "$build"
[ "$(cat "$venv/complete" 2>/dev/null)" = "${required[*]} ${peers[*]}" ] || install_peers
if [ "${1:-}" = --check ]; then
    cd tests/bench
    exec "$venv/bin/python" -B -m unittest test_bench test_quality
fi
case " $* " in
*" --program"* | *" --help "* | *" -h "*) ;;
*) build_program ;;
esac
exec "$venv/bin/python" -B tests/bench/bench.py --program "$build/host/cli/clkernest" \
    --build "$build" "$@"
