/* The panel of the fits among which prior and weight were chosen: what each predicts, against its
 * weight. */
#include "cli/report/panels.h"
#include "cli/report/plot.h"

#include <math.h>
#include <stdlib.h>

#define LEFT 60.0    /* room for the labels of the y axis */
#define BELOW 50.0   /* and of the x axis */
#define LEGEND 128.0 /* and of the legend, at the right */
#define LAMBDA "\xCE\xBB"

enum { MOST_POINTS = 128 };

/* The fits with one prior, by rising weight. */
typedef struct curve {
    ckn_prior prior;
    double least; /* of the scores of all fits: the level zero */
    size_t count;
    ckn_trial points[MOST_POINTS];
} curve;

/* How each prior is drawn: a colour, and a marker of so many corners; 0: a circle. */
typedef struct look {
    ckn_prior prior;
    const char *name;
    uint32_t color;
    int corners;
    double turn; /* of the marker */
} look;

enum { PRIORS = 5 };
static const double quarter = 0.7853981633974483;
static const look looks[PRIORS] = {{CKN_PRIOR_SMOOTH2, "smooth2", CKN_BLUE, 0, 0},
                                   {CKN_PRIOR_SMOOTH1, "smooth1", 0x2C8C6AU, 4, 1},
                                   {CKN_PRIOR_RIDGE, "ridge", 0xB8860BU, 4, 0},
                                   {CKN_PRIOR_TV, "tv", CKN_RED, 3, 0},
                                   {CKN_PRIOR_L1, "l1", 0x7A4FA3U, 3, 4}};

static bool has_score(const ckn_trial *trial) {
    return isfinite(trial->score) && trial->score > 0;
}

/* Of all fits; infinite where none has a score. */
static double least_score(const ckn_report_selection *selection) {
    double least = INFINITY;
    for (size_t i = 0; i < selection->count; i++)
        if (has_score(&selection->trials[i]))
            least = fmin(least, selection->trials[i].score);
    return least;
}

/* How much more error is to be expected than with the best fit, in per cent. */
static double excess(const ckn_trial *trial, double least) {
    return 100 * (sqrt(trial->score / least) - 1);
}

static int by_lambda(const void *a, const void *b) {
    const ckn_trial *first = a, *second = b;
    return (first->lambda > second->lambda) - (first->lambda < second->lambda);
}

static void collect(const ckn_report_selection *selection, ckn_prior prior, curve *c) {
    *c = (curve){.prior = prior, .least = least_score(selection)};
    for (size_t i = 0; i < selection->count && c->count < MOST_POINTS; i++) {
        const ckn_trial *trial = &selection->trials[i];
        if (trial->prior == prior && has_score(trial) && trial->lambda > 0)
            c->points[c->count++] = *trial;
    }
    qsort(c->points, c->count, sizeof c->points[0], by_lambda);
}

/* The first of those without a prior, or of those that were chosen; NULL: there is none. */
static const ckn_trial *find(const ckn_report_selection *selection, bool chosen) {
    for (size_t i = 0; i < selection->count; i++) {
        const ckn_trial *trial = &selection->trials[i];
        if (has_score(trial) && (chosen ? trial->chosen != 0 : trial->prior == CKN_PRIOR_NONE))
            return trial;
    }
    return NULL;
}

bool ckn_selection_is_shown(const ckn_report_selection *selection) {
    size_t weighed = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const ckn_trial *trial = &selection->trials[i];
        weighed += trial->prior != CKN_PRIOR_NONE && has_score(trial) && trial->lambda > 0;
    }
    return weighed > 1;
}

static void curve_point(const void *source, size_t index, double *x, double *y) {
    const curve *c = source;
    *x = c->points[index].lambda;
    *y = excess(&c->points[index], c->least);
}

/* ---- axes */

typedef struct range {
    double left, right; /* weights */
    double top;         /* of the excess */
} range;

/* The best fit of a prior, and its neighbours: what the eye needs to see a minimum. */
static void include_minimum(const curve *c, range *shown) {
    size_t best = 0;
    for (size_t i = 0; i < c->count; i++)
        best = c->points[i].score < c->points[best].score ? i : best;
    for (size_t i = best > 0 ? best - 1 : 0; i < c->count && i <= best + 1; i++)
        shown->top = fmax(shown->top, excess(&c->points[i], c->least));
}

/* Weights of what is not above the top. */
static void include_weights(const curve *c, range *shown) {
    for (size_t i = 0; i < c->count; i++) {
        if (excess(&c->points[i], c->least) > shown->top)
            continue;
        shown->left = fmin(shown->left, c->points[i].lambda);
        shown->right = fmax(shown->right, c->points[i].lambda);
    }
}

/* Curves leave through the top: far from their minima they tell nothing. So does the level without
 * a prior where it would press them flat. */
static range find_range(const ckn_report_selection *selection) {
    static const double farthest = 4; /* times the rest */
    range shown = {INFINITY, 0, 0};
    const double least = least_score(selection);
    curve curves[PRIORS];
    for (int i = 0; i < PRIORS; i++) {
        collect(selection, looks[i].prior, &curves[i]);
        include_minimum(&curves[i], &shown);
    }
    const ckn_trial *none = find(selection, false), *chosen = find(selection, true);
    if (chosen)
        shown.top = fmax(shown.top, excess(chosen, least));
    const double level = none ? excess(none, least) : 0;
    if (shown.top <= 0 || level <= farthest * shown.top)
        shown.top = fmax(shown.top, level);
    shown.top = shown.top > 0 ? 1.15 * shown.top : 1;
    for (int i = 0; i < PRIORS; i++)
        include_weights(&curves[i], &shown);
    return shown;
}

static ckn_plot plot_of(const ckn_panel *panel, const range *shown) {
    const ckn_rect *box = &panel->box;
    ckn_plot plot = {
        .canvas = panel->canvas,
        .area = {box->x + LEFT, box->y, box->width - LEFT - LEGEND, box->height - BELOW}};
    ckn_axis_logarithmic(&plot.x, shown->left / 2, shown->right * 2, 8);
    ckn_axis_linear(&plot.y, -0.05 * shown->top, shown->top, 5);
    return plot;
}

/* ---- what is drawn */

/* A regular polygon, or a circle, that is filled. */
static void draw_marker(const ckn_canvas *canvas, double x, double y, const look *own) {
    const double radius = own->corners == 0 ? 3.6 : 4.8;
    cairo_t *cairo = canvas->cairo;
    ckn_canvas_color(canvas, own->color);
    cairo_new_path(cairo);
    if (own->corners == 0)
        cairo_arc(cairo, x, y, radius, 0, 8 * quarter);
    for (int i = 0; i < own->corners; i++) {
        const double angle = quarter * (own->turn - 2 + 8.0 * i / own->corners);
        cairo_line_to(cairo, x + radius * cos(angle), y + radius * sin(angle));
    }
    cairo_fill(cairo);
}

static void draw_curve(const ckn_plot *plot, const curve *c, const look *own) {
    cairo_new_path(plot->canvas->cairo);
    ckn_plot_path(plot, curve_point, c, c->count);
    ckn_plot_stroke(plot, 1.6, own->color);
    for (size_t i = 0; i < c->count; i++) {
        double x, y;
        curve_point(c, i, &x, &y);
        if (y <= plot->y.high)
            draw_marker(plot->canvas, ckn_plot_x(plot, x), ckn_plot_y(plot, y), own);
    }
}

/* A ring round the fit that was chosen. */
static void draw_chosen(const ckn_plot *plot, const ckn_trial *chosen, double least) {
    if (!chosen || !(chosen->lambda > 0))
        return;
    cairo_t *cairo = plot->canvas->cairo;
    cairo_new_path(cairo);
    cairo_arc(cairo, ckn_plot_x(plot, chosen->lambda), ckn_plot_y(plot, excess(chosen, least)), 9,
              0, 8 * quarter);
    ckn_plot_stroke(plot, 1.8, CKN_INK);
}

/* The level without a prior; at the upper edge where it lies beyond it. */
static void draw_level(const ckn_plot *plot, const ckn_trial *none, double least) {
    if (!none)
        return;
    const double level = excess(none, least);
    const bool inside = level <= plot->y.high;
    const double y = floor(ckn_plot_y(plot, fmin(level, plot->y.high))) + 0.5;
    const double right = plot->area.x + plot->area.width;
    const double dashes[1] = {6};
    if (inside) {
        cairo_set_dash(plot->canvas->cairo, dashes, 1, 0);
        ckn_canvas_line(plot->canvas, plot->area.x, y, right, y, 1.4,
                        none->chosen ? CKN_INK : CKN_GREY);
        cairo_set_dash(plot->canvas->cairo, NULL, 0, 0);
    }
    ckn_label label = ckn_label_text(none->chosen ? "no prior (chosen)" : "no prior");
    if (!inside)
        label = ckn_label_prefix("no prior: at ", ckn_label_number(level, 3));
    const ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_INK};
    ckn_canvas_label(plot->canvas, right + 10, inside ? y + 5 : y + 14, &label, style);
}

/* Beside the plot; the level without a prior keeps its own place there. */
static void draw_legend(const ckn_plot *plot, const ckn_report_selection *selection) {
    const ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_INK};
    const double x = plot->area.x + plot->area.width + 12;
    double y = plot->area.y + 0.42 * plot->area.height;
    const ckn_trial *none = find(selection, false);
    if (none) { /* below or above the words at the level */
        const double level = fmin(excess(none, least_score(selection)), plot->y.high);
        const double at = ckn_plot_y(plot, level);
        if (at > y - 30 && at < y + 22 * PRIORS)
            y = at > plot->area.y + 150 ? plot->area.y + 14 : at + 34;
    }
    for (int i = 0; i < PRIORS; i++) {
        curve c;
        collect(selection, looks[i].prior, &c);
        if (c.count == 0)
            continue;
        ckn_canvas_line(plot->canvas, x, y - 5, x + 22, y - 5, 1.6, looks[i].color);
        draw_marker(plot->canvas, x + 11, y - 5, &looks[i]);
        ckn_canvas_text(plot->canvas, x + 30, y, looks[i].name, style);
        y += 22;
    }
}

static void heading(const ckn_panel *panel, const ckn_report_selection *selection) {
    const ckn_trial *none = find(selection, false), *chosen = find(selection, true);
    if (!chosen) {
        ckn_panel_heading(panel, "Cross-validation", NULL);
        return;
    }
    ckn_label caption = ckn_label_number(sqrt(chosen->score), 4);
    caption = ckn_label_prefix("RMS to expect ", caption);
    if (chosen->prior != CKN_PRIOR_NONE && none && !caption.power[0]) {
        const double gain = 100 * (1 - sqrt(chosen->score / none->score));
        caption =
            ckn_label_format("%s (%s %% %s than without a prior)", caption.base,
                             ckn_label_number(fabs(gain), 2).base, gain >= 0 ? "less" : "more");
    }
    ckn_panel_heading(panel, "Cross-validation", &caption);
}

/* Right of the power of ten that the labels may share. */
static void name_scale(const ckn_plot *plot) {
    const ckn_text_style style = {.size = CKN_SIZE_TICK, .color = CKN_GREY};
    const double x = plot->area.x + (plot->y.factor.base[0] ? 62 : 8);
    ckn_canvas_text(plot->canvas, x, plot->area.y + 12, "% above the least error to expect", style);
}

void ckn_selection_panel(const ckn_panel *panel, const ckn_report_selection *selection) {
    const double least = least_score(selection);
    const range shown = find_range(selection);
    const ckn_plot plot = plot_of(panel, &shown);
    ckn_plot_grid(&plot);
    ckn_plot_axes(&plot, LAMBDA ", in units of each prior");
    ckn_plot_clip(&plot);
    for (int i = PRIORS; i-- > 0;) {
        curve c;
        collect(selection, looks[i].prior, &c);
        draw_curve(&plot, &c, &looks[i]);
    }
    ckn_plot_unclip(&plot);
    draw_chosen(&plot, find(selection, true), least);
    draw_level(&plot, find(selection, false), least);
    name_scale(&plot);
    draw_legend(&plot, selection);
    heading(panel, selection);
}
