#include "io/jpeg_quality.h"

#include <math.h>
#include <stdlib.h>

/* ITU-T T.81 (1992), table K.1. */
static const int table_k1[64] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
};

/* libjpeg's scale: 100 % at quality 50. */
static int step_of(int quality, int position) {
    int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    int step = (table_k1[position] * percent + 50) / 100;
    return step < 1 ? 1 : step > 255 ? 255 : step;
}

int ckn_jpeg_quality(const unsigned short steps[64], bool *exact) {
    long least = -1;
    int best = 1;
    for (int quality = 1; quality <= 100; quality++) {
        long distance = 0;
        for (int i = 0; i < 64; i++)
            distance += labs((long)steps[i] - step_of(quality, i));
        if (least < 0 || distance < least) {
            least = distance;
            best = quality;
        }
    }
    *exact = least == 0;
    return best;
}

double ckn_jpeg_sigma(const unsigned short steps[64]) {
    double sum = 0;
    for (int i = 0; i < 64; i++)
        sum += (double)steps[i] * steps[i] / 12;
    return sqrt(sum / 64) / 255;
}
