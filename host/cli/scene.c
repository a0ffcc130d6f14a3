#include "cli/scene.h"

#include "cli/random.h"
#include "cli/suggest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCENE_NAMES "shapes|square|checker|noise|delta"
#define CHECKER_SIDE 8

static ckn_code parse_square(const char *text, ckn_scene *scene, ckn_error *error) {
    char *end;
    unsigned long side = strtoul(text, &end, 10);
    if (end == text || *end || *text == '-' || *text == '+' || side == 0 || side > 1000000)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--scene square:SIDE needs a whole number of pixels, not 'square:%s'",
                        text);
    scene->side = side;
    return CKN_OK;
}

/* A name that is none of ours is a file; a slip of the hand should not end as "no such file". */
static ckn_code parse_file(const char *text, ckn_scene *scene, ckn_error *error) {
    char hint[96];
    ckn_cli_suggest_word(SCENE_NAMES, text, hint, sizeof hint);
    if (access(text, F_OK) != 0 && (hint[0] || !strpbrk(text, "./")))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--scene must be shapes, square:SIDE, checker, noise, delta or a picture "
                        "file, not '%s'%s",
                        text, hint);
    scene->kind = CKN_SCENE_FILE;
    scene->path = text;
    return CKN_OK;
}

ckn_code ckn_scene_parse(const char *text, ckn_scene *scene, ckn_error *error) {
    *scene = (ckn_scene){CKN_SCENE_SHAPES, 0, NULL};
    if (strncmp(text, "square:", 7) == 0) {
        scene->kind = CKN_SCENE_SQUARE;
        return parse_square(text + 7, scene, error);
    }
    if (strcmp(text, "square") == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--scene square needs its side: square:SIDE, such as square:30");
    int kind = ckn_cli_word_position(SCENE_NAMES, text);
    if (kind < 0)
        return parse_file(text, scene, error);
    scene->kind = (ckn_scene_kind)kind;
    return CKN_OK;
}

static void draw_square(double *plane, ckn_shape shape, size_t side) {
    size_t first_row = (shape.rows - side) / 2, first_col = (shape.cols - side) / 2;
    for (size_t r = first_row; r < first_row + side; r++) {
        for (size_t c = first_col; c < first_col + side; c++)
            plane[r * shape.cols + c] = 1.0;
    }
}

static void draw_checker(double *plane, ckn_shape shape) {
    for (size_t r = 0; r < shape.rows; r++) {
        for (size_t c = 0; c < shape.cols; c++)
            plane[r * shape.cols + c] = (r / CHECKER_SIDE + c / CHECKER_SIDE) % 2 ? 1.0 : 0.0;
    }
}

static void draw_noise(double *plane, ckn_shape shape, uint64_t seed) {
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        plane[i] = ckn_random_uniform(seed, CKN_RANDOM_TEXTURE, i);
}

static void draw(const ckn_scene *scene, double *plane, ckn_shape shape, uint64_t seed) {
    switch (scene->kind) {
    case CKN_SCENE_SHAPES:
        ckn_scene_draw_shapes(plane, shape, seed);
        break;
    case CKN_SCENE_SQUARE:
        draw_square(plane, shape, scene->side);
        break;
    case CKN_SCENE_CHECKER:
        draw_checker(plane, shape);
        break;
    case CKN_SCENE_NOISE:
        draw_noise(plane, shape, seed);
        break;
    case CKN_SCENE_DELTA:
        plane[shape.rows / 2 * shape.cols + shape.cols / 2] = 1.0;
        break;
    case CKN_SCENE_FILE:
        break;
    }
}

ckn_code ckn_scene_check(const ckn_scene *scene, ckn_shape shape, ckn_error *error) {
    if (scene->kind == CKN_SCENE_SQUARE && (scene->side > shape.rows || scene->side > shape.cols))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a square of %zu pixels does not fit in a scene of %zux%zu (--size)",
                        scene->side, shape.cols, shape.rows);
    return CKN_OK;
}

ckn_code ckn_scene_make(const ckn_scene *scene, ckn_shape shape, uint64_t seed,
                        const ckn_read_limits *limits, ckn_picture *picture, ckn_error *error) {
    if (scene->kind == CKN_SCENE_FILE)
        return ckn_picture_read(scene->path, limits, picture, error);
    CKN_TRY(ckn_scene_check(scene, shape, error));
    CKN_TRY(ckn_picture_create(picture, shape.rows, shape.cols, 1, false, CKN_SAMPLE_F64, error));
    draw(scene, picture->data, shape, seed);
    return CKN_OK;
}
