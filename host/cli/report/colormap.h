/* Colour maps, computed in Oklab so that equal steps of a value look equal. */
#ifndef CKN_CLI_REPORT_COLORMAP_H
#define CKN_CLI_REPORT_COLORMAP_H

#include <stdint.h>

/* Odd, so that a diverging map has one middle entry. */
#define CKN_COLORMAP_SIZE 513

/* Entries are 0x00RRGGBB, encoded as sRGB. */
typedef struct ckn_colormap {
    uint32_t entries[CKN_COLORMAP_SIZE];
} ckn_colormap;

/* From near black to pale yellow, lightness rising linearly: for values from zero up. */
void ckn_colormap_sequential(ckn_colormap *map);

/* From blue through white in the middle to red, equally dark at both ends: for signed values. */
void ckn_colormap_diverging(ckn_colormap *map);

/* The colour of `value` in a map that spans [low, high]; values outside take the end's colour,
 * NaN takes grey. */
uint32_t ckn_colormap_at(const ckn_colormap *map, double low, double high, double value);

#endif
