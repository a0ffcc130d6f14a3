/* Where the panels stand: nothing meets anything else, whatever the sizes of pictures and tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/report/layout.h"

#include <math.h>
#include <string.h>

enum { MOST = CKN_LAYOUT_PANELS * 8 + CKN_LAYOUT_TABLES + 3, TRIES = 20000 };

typedef struct boxes {
    size_t count;
    ckn_rect all[MOST];
} boxes;

static void add(boxes *list, ckn_rect rect) {
    if (rect.width <= 0 || rect.height <= 0)
        return;
    assert_true(list->count < MOST);
    list->all[list->count++] = rect;
}

static void collect(const ckn_layout *layout, boxes *list) {
    list->count = 0;
    add(list, layout->title);
    add(list, layout->subtitle);
    add(list, layout->footer);
    for (size_t i = 0; i < layout->count; i++) {
        const ckn_panel *panel = &layout->panels[i];
        const ckn_rect parts[8] = {panel->heading, panel->caption, panel->left,       panel->data,
                                   panel->below,   panel->bar,     panel->bar_labels, panel->foot};
        for (int k = 0; k < 8; k++)
            add(list, parts[k]);
    }
    for (size_t i = 0; i < CKN_LAYOUT_TABLES; i++)
        add(list, layout->tables[i]);
}

static bool meet(const ckn_rect *a, const ckn_rect *b) {
    const double tiny = 1e-6;
    return a->x < b->x + b->width - tiny && b->x < a->x + a->width - tiny &&
           a->y < b->y + b->height - tiny && b->y < a->y + a->height - tiny;
}

static void check_boxes(const ckn_layout *layout) {
    boxes list;
    collect(layout, &list);
    for (size_t i = 0; i < list.count; i++) {
        const ckn_rect *a = &list.all[i];
        assert_true(isfinite(a->x + a->y + a->width + a->height));
        assert_true(a->x >= 0 && a->y >= 0);
        assert_true(a->x + a->width <= layout->width + 1e-6);
        assert_true(a->y + a->height <= layout->height + 1e-6);
        for (size_t k = 0; k < i; k++)
            if (meet(a, &list.all[k]))
                fail_msg("%g %g %g %g meets %g %g %g %g", a->x, a->y, a->width, a->height,
                         list.all[k].x, list.all[k].y, list.all[k].width, list.all[k].height);
    }
}

static uint64_t random_state = 20260101;

/* xorshift64*, uniform below `bound`. */
static size_t random_below(size_t bound) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (size_t)((random_state * 2685821657736338717ULL >> 33) % bound);
}

/* From 1 to 20000, by powers: small ones are as likely as large ones. */
static size_t random_side(void) {
    return (size_t)exp(9.9 * (double)random_below(10000) / 10000);
}

static ckn_layout_input random_input(void) {
    ckn_layout_input input = {.sharp = {random_side(), random_side()}};
    input.blurred.rows = 1 + random_below(input.sharp.rows);
    input.blurred.cols = 1 + random_below(input.sharp.cols);
    if (random_below(2)) { /* the kernel is small, as it mostly is */
        input.blurred = input.sharp;
    }
    input.has_curves = random_below(2);
    input.is_signed = random_below(2);
    input.has_history = random_below(2);
    input.title_lines = random_below(3);
    input.has_subtitle = random_below(4) > 0;
    input.has_footer = random_below(4) > 0;
    for (size_t i = 0; i < CKN_LAYOUT_TABLES; i++)
        input.table_lines[i] = random_below(4) ? random_below(14) : 0;
    return input;
}

static void nothing_meets_anything(void **state) {
    (void)state;
    for (int i = 0; i < TRIES; i++) {
        ckn_layout_input input = random_input();
        ckn_layout layout;
        ckn_layout_arrange(&input, &layout);
        check_boxes(&layout);
    }
}

/* Pictures keep their proportions, but where that would make them thinner than can be seen. */
static void pictures_keep_their_proportions(void **state) {
    (void)state;
    for (int i = 0; i < TRIES; i++) {
        ckn_layout_input input = random_input();
        ckn_layout layout;
        ckn_layout_arrange(&input, &layout);
        for (size_t k = 0; k < layout.count; k++) {
            const ckn_panel *panel = &layout.panels[k];
            if (panel->kind > CKN_PANEL_RESIDUAL || panel->data.width < 40 ||
                panel->data.height < 40)
                continue;
            ckn_shape shape = panel->kind == CKN_PANEL_SHARP ? input.sharp : input.blurred;
            double wanted = (double)shape.cols / (double)shape.rows;
            assert_true(fabs(panel->data.width / panel->data.height / wanted - 1) < 0.06);
        }
    }
}

/* What ends a row ends where all rows end, and rows leave no band between them. */
static double filled_part(const ckn_layout *layout) {
    double used = 0;
    boxes list;
    collect(layout, &list);
    for (size_t i = 0; i < list.count; i++)
        used += list.all[i].width * list.all[i].height;
    return used / (layout->width * layout->height);
}

static void pages_are_filled(void **state) {
    (void)state;
    static const ckn_shape shapes[] = {{300, 451}, {451, 300}, {600, 120}, {40, 400},
                                       {1, 600},   {600, 1},   {30, 30},   {3000, 4000}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int kind = 0; kind < 2; kind++) {
            ckn_layout_input input = {.sharp = shapes[i],
                                      .blurred = shapes[i],
                                      .has_curves = true,
                                      .is_signed = kind,
                                      .title_lines = 1,
                                      .has_subtitle = true,
                                      .has_footer = true,
                                      .table_lines = {8, 6, 7}};
            ckn_layout layout;
            ckn_layout_arrange(&input, &layout);
            if (filled_part(&layout) < 0.6)
                fail_msg("%zu x %zu: only %.2f is filled", shapes[i].cols, shapes[i].rows,
                         filled_part(&layout));
            assert_true(layout.height < 1700);
        }
}

/* Pictures of one line are curves, and have no map of the kernel. */
static void lines_become_curves(void **state) {
    (void)state;
    for (int column = 0; column < 2; column++) {
        ckn_shape shape = column ? (ckn_shape){500, 1} : (ckn_shape){1, 500};
        ckn_layout_input input = {.sharp = shape, .blurred = shape, .has_curves = true};
        ckn_layout layout;
        ckn_layout_arrange(&input, &layout);
        assert_int_equal(layout.panels[0].kind, CKN_PANEL_SIGNALS);
        assert_int_equal(layout.panels[1].kind, CKN_PANEL_RESIDUAL_CURVE);
        assert_true(layout.panels[0].data.width > 0.85 * layout.width);
        for (size_t i = 0; i < layout.count; i++)
            assert_int_not_equal(layout.panels[i].kind, CKN_PANEL_KERNEL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_meets_anything),
        cmocka_unit_test(pictures_keep_their_proportions),
        cmocka_unit_test(pages_are_filled),
        cmocka_unit_test(lines_become_curves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
