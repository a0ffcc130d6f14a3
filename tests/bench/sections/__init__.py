"""The parts of the benchmark, in the order of RESULTS.md."""

from sections import (
    blur,
    direct,
    engines,
    error_bars,
    exact,
    families,
    fista,
    gram,
    lipschitz,
    masks,
    memory,
    nnls,
    peers_table,
    quality,
    startup,
    support,
)

SECTIONS = [
    exact.SECTION,
    peers_table.SECTION,
    fista.SECTION,
    gram.SECTION,
    nnls.SECTION,
    lipschitz.SECTION,
    memory.SECTION,
    startup.SECTION,
    support.SECTION,
    direct.SECTION,
    engines.SECTION,
    blur.SECTION,
    quality.SECTION,
    masks.SECTION,
    families.SECTION,
    error_bars.SECTION,
]
