#include "cli/target.h"

#include "base/memory.h"
#include "cli/fourier.h"
#include "cli/random.h"

#include <stdlib.h>

/* The smallest pattern that tells anything, in cells. */
#define FEWEST_CELLS 8
/* Marks of fewer pixels have no clear shape. */
#define NARROWEST_MARGIN 16
/* The margin takes this part of the smaller side, and a mark this part of the margin. */
#define MARGIN_PART 12
#define MARK_PART 0.36

#define WHITE 1.0

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t automatic_margin(const ckn_target *target) {
    if (!target->marks)
        return 0;
    size_t margin = smaller(target->size.rows, target->size.cols) / MARGIN_PART;
    return margin < NARROWEST_MARGIN ? NARROWEST_MARGIN : margin;
}

/* What of `room` pixels the pattern can fill: whole cells, or a size that is quickly transformed.
 */
static size_t filled(const ckn_target *target, size_t room) {
    return target->pattern == CKN_TARGET_BINARY ? room / target->cell * target->cell
                                                : ckn_fourier_size(room);
}

static ckn_code check_room(const ckn_target *target, size_t margin, ckn_error *error) {
    const ckn_shape size = target->size;
    size_t least = FEWEST_CELLS * target->cell, least_side = least + 2 * margin;
    if (target->marks && margin < NARROWEST_MARGIN)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--margin %zu is too narrow for the registration marks: at least %d, or "
                        "--no-marks",
                        margin, NARROWEST_MARGIN);
    if (margin > smaller(size.rows, size.cols) / 2 || smaller(size.rows, size.cols) < least_side)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%zux%zu leaves no room for a pattern of at least %dx%d cells of %zu "
                        "pixels within a margin of %zu: choose a larger --size, or a smaller "
                        "--margin or --cell",
                        size.cols, size.rows, FEWEST_CELLS, FEWEST_CELLS, target->cell, margin);
    return CKN_OK;
}

static void place_marks(const ckn_target *target, ckn_target_layout *layout) {
    const double middle = 0.5 * (double)layout->margin - 0.5;
    const double bottom = (double)target->size.rows - 1.0 - middle;
    const double right = (double)target->size.cols - 1.0 - middle;
    layout->radius = MARK_PART * (double)layout->margin;
    layout->marks[0] = (ckn_target_place){middle, middle};
    layout->marks[1] = (ckn_target_place){middle, right};
    layout->marks[2] = (ckn_target_place){bottom, middle};
    layout->marks[3] = (ckn_target_place){bottom, right};
}

ckn_code ckn_target_place_all(const ckn_target *target, ckn_target_layout *layout,
                              ckn_error *error) {
    size_t margin =
        target->margin == CKN_TARGET_MARGIN_AUTO ? automatic_margin(target) : target->margin;
    CKN_TRY(check_room(target, margin, error));
    *layout = (ckn_target_layout){.margin = margin};
    layout->area.rows = filled(target, target->size.rows - 2 * margin);
    layout->area.cols = filled(target, target->size.cols - 2 * margin);
    layout->row = (target->size.rows - layout->area.rows) / 2;
    layout->col = (target->size.cols - layout->area.cols) / 2;
    if (target->marks)
        place_marks(target, layout);
    return CKN_OK;
}

static void make_binary(const ckn_target *target, ckn_shape shape, double *pattern) {
    const size_t across = shape.cols / target->cell;
    for (size_t r = 0; r < shape.rows; r++) {
        for (size_t c = 0; c < shape.cols; c++) {
            size_t cell = r / target->cell * across + c / target->cell;
            double u = ckn_random_uniform(target->seed, CKN_RANDOM_TARGET, cell);
            pattern[r * shape.cols + c] = u < 0.5 ? 0.0 : 1.0;
        }
    }
}

ckn_code ckn_target_draw(const ckn_target *target, const ckn_target_layout *layout, double *plane,
                         ckn_error *error) {
    const ckn_shape size = target->size, area = layout->area;
    double *pattern;
    CKN_TRY(ckn_allocate(&pattern, ckn_shape_count(area), sizeof *pattern, "the pattern", error));
    ckn_code code = CKN_OK;
    if (target->pattern == CKN_TARGET_BINARY)
        make_binary(target, area, pattern);
    else
        code = ckn_target_make_spectrum(target, area, pattern, error);
    for (size_t i = 0; i < ckn_shape_count(size); i++)
        plane[i] = WHITE;
    for (size_t r = 0; r < area.rows; r++) {
        for (size_t c = 0; c < area.cols; c++)
            plane[(layout->row + r) * size.cols + layout->col + c] = pattern[r * area.cols + c];
    }
    if (layout->radius > 0.0)
        ckn_target_draw_marks(layout, size, plane);
    free(pattern);
    return code;
}
