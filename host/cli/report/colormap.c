#include "cli/report/colormap.h"

#include <math.h>
#include <stdbool.h>

#define NAN_COLOR 0x808080U
static const double pi = 3.14159265358979323846;

/* A colour by lightness, chroma and hue (radians) in Oklab. */
typedef struct lch {
    double lightness, chroma, hue;
} lch;

/* Oklab to linear sRGB: B. Ottosson, "A perceptual color space for image processing", 2020. */
static void linear_rgb(lch color, double rgb[3]) {
    double a = color.chroma * cos(color.hue), b = color.chroma * sin(color.hue);
    double l = color.lightness + 0.3963377774 * a + 0.2158037573 * b;
    double m = color.lightness - 0.1055613458 * a - 0.0638541728 * b;
    double s = color.lightness - 0.0894841775 * a - 1.2914855480 * b;
    l = l * l * l;
    m = m * m * m;
    s = s * s * s;
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static bool displayable(const double rgb[3]) {
    for (int i = 0; i < 3; i++)
        if (rgb[i] < -1e-6 || rgb[i] > 1 + 1e-6)
            return false;
    return true;
}

/* IEC 61966-2-1. */
static uint32_t srgb_byte(double linear) {
    double v = fmin(1, fmax(0, linear));
    v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
    return (uint32_t)lround(255 * v);
}

/* Too vivid a colour gives up chroma, never lightness: the order of the values stays readable. */
static uint32_t encode(lch color) {
    double rgb[3], most = color.chroma;
    linear_rgb(color, rgb);
    if (!displayable(rgb)) {
        color.chroma = 0;
        for (int i = 1; i <= 16; i++) {
            double part = ldexp(most, -i);
            color.chroma += part;
            linear_rgb(color, rgb);
            if (!displayable(rgb))
                color.chroma -= part;
        }
        linear_rgb(color, rgb);
    }
    return srgb_byte(rgb[0]) << 16 | srgb_byte(rgb[1]) << 8 | srgb_byte(rgb[2]);
}

void ckn_colormap_sequential(ckn_colormap *map) {
    for (int i = 0; i < CKN_COLORMAP_SIZE; i++) {
        double t = (double)i / (CKN_COLORMAP_SIZE - 1);
        lch color = {0.15 + 0.82 * t, 0.02 + 0.16 * pow(sin(pi * pow(t, 0.85)), 0.75),
                     (285 + 180 * t) * pi / 180};
        if (t == 1)
            color.chroma = 0.04;
        map->entries[i] = encode(color);
    }
}

void ckn_colormap_diverging(ckn_colormap *map) {
    for (int i = 0; i < CKN_COLORMAP_SIZE; i++) {
        double t = 2.0 * i / (CKN_COLORMAP_SIZE - 1) - 1, strength = fabs(t);
        lch color = {1.0 - 0.62 * strength, 0.17 * sin(0.5 * pi * pow(strength, 0.9)),
                     (t < 0 ? 255 : 27) * pi / 180};
        map->entries[i] = encode(color);
    }
}

uint32_t ckn_colormap_at(const ckn_colormap *map, double low, double high, double value) {
    if (isnan(value))
        return NAN_COLOR;
    double t = (value - low) / (high - low);
    t = t > 0 ? fmin(t, 1) : 0;
    return map->entries[lround(t * (CKN_COLORMAP_SIZE - 1))];
}
