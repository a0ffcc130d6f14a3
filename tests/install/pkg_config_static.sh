#!/usr/bin/env bash
# pkg_config_static.sh SOURCE PREFIX WORK: the sample program with our code linked statically.
set -euo pipefail
mkdir -p "$3"
lib=$(dirname "$(find "$2" -name libclkernest.a)")
export PKG_CONFIG_PATH=$lib/pkgconfig
libs=$(pkg-config --static --libs clkernest | sed "s#-lclkernest#$lib/libclkernest.a#")
# shellcheck disable=SC2046,SC2086
cc ${CKN_SANITIZE:+-fsanitize=$CKN_SANITIZE} "$1/samples/consumer/consumer.c" -o "$3/consumer" \
    $(pkg-config --cflags clkernest) $libs -lm
if ldd "$3/consumer" | grep -q libclkernest; then
    echo "linked to the shared library after all"
    exit 1
fi
"$3/consumer" cpu
