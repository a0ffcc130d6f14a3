#!/usr/bin/env bash
# pkg_config.sh SOURCE PREFIX WORK: the sample program, built with what pkg-config says.
set -euo pipefail
mkdir -p "$3"
lib=$(dirname "$(find "$2" -name libclkernest.so)")
export PKG_CONFIG_PATH=$lib/pkgconfig
# shellcheck disable=SC2046
cc ${CKN_SANITIZE:+-fsanitize=$CKN_SANITIZE} "$1/samples/consumer/consumer.c" -o "$3/consumer" \
    $(pkg-config --cflags --libs clkernest) -lm
LD_LIBRARY_PATH=$lib "$3/consumer" cpu
