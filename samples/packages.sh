# Sourced by samples/run.sh and tests/run.sh: installs Debian packages that are missing.

# have PACKAGE: is it installed?
have() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

# need PACKAGE...: installs what is missing; names it where that is not possible.
need() {
    local missing=() package
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian system. Please make sure that you have what these Debian packages hold:" >&2
        echo "    $*" >&2
        return 0
    fi
    for package in "$@"; do
        have "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing, and there is no sudo to install them with. As root, run:" >&2
            echo "    apt-get install ${missing[*]}" >&2
            return 1
        fi
        root=(sudo)
    fi
    echo "installing: ${missing[*]}"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What building takes: compiler, CMake, OpenCL loader and headers, clFFT, and the libraries of the
# program.
build_packages=(gcc libc6-dev cmake ninja-build pkg-config ocl-icd-opencl-dev opencl-headers
    libclfft-dev libfftw3-dev libopenblas-dev liblapacke-dev libpng-dev libjpeg-dev libtiff-dev libcfitsio-dev
    libjansson-dev libcairo2-dev fonts-dejavu-core)

# An OpenCL device for machines without a GPU, and for the tests.
pocl_packages=(pocl-opencl-icd)
