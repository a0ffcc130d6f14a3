/* Sharp images for `simulate`: drawn ones, and pictures from files. */
#ifndef CKN_CLI_SCENE_H
#define CKN_CLI_SCENE_H

#include "io/picture.h"

#include "base/view.h"

#include <stdint.h>

typedef enum ckn_scene_kind {
    CKN_SCENE_SHAPES = 0, /* discs, bars, points, gradients and texture: all frequencies */
    CKN_SCENE_SQUARE,     /* zeros with a centred square of ones */
    CKN_SCENE_CHECKER,
    CKN_SCENE_NOISE, /* uniform in (0, 1) */
    CKN_SCENE_DELTA, /* one 1 at row rows/2, column cols/2 */
    CKN_SCENE_FILE
} ckn_scene_kind;

typedef struct ckn_scene {
    ckn_scene_kind kind;
    size_t side;      /* of the square */
    const char *path; /* of the file; points into the parsed text */
} ckn_scene;

/* "shapes", "square:SIDE", "checker", "noise", "delta" or the name of a file. */
ckn_code ckn_scene_parse(const char *text, ckn_scene *scene, ckn_error *error);

/* Refuses a scene that does not fit in `shape`. */
ckn_code ckn_scene_check(const ckn_scene *scene, ckn_shape shape, ckn_error *error);

/* Draws the scene as float64 (release with ckn_picture_release()), or reads the file within
 * `limits`, where `shape` is ignored. */
ckn_code ckn_scene_make(const ckn_scene *scene, ckn_shape shape, uint64_t seed,
                        const ckn_read_limits *limits, ckn_picture *picture, ckn_error *error);

/* Fills a dense float64 plane with the scene of that name. */
void ckn_scene_draw_shapes(double *plane, ckn_shape shape, uint64_t seed);

#endif
