#include "cli/report/layout.h"

#include <math.h>

#define MARGIN 36.0
#define COLUMNS 12
#define GUTTER 24.0 /* between columns: with it, their pitch is 96 */
#define ROW_GAP 28.0
#define HEADING 28.0
#define CAPTION 22.0
#define FOOT 22.0
#define PLOT 216.0 /* height of a plot's data; the side of the kernel's map is nearly the same */
#define LEFT 54.0  /* labels of a y axis */
#define BELOW 46.0 /* labels and name of an x axis */
#define BAR 14.0   /* width of a colour bar */
#define BAR_GAP 10.0
#define BAR_RIGHT 66.0 /* labels of an upright bar */
#define BAR_BELOW 44.0 /* labels and name of a lying one */
#define TALLEST 440.0  /* picture */
#define COLUMN 520.0   /* picture much higher than wide: as high as kernel and cross-sections */
#define SIGNALS 200.0
#define RESIDUAL_CURVE 110.0
#define SUBTITLE 26.0
#define TABLE_HEADING 30.0

/* What stands in one row: panels, then tables. */
typedef struct item {
    int span;
    ckn_panel *panel; /* or a table */
    ckn_panel *under; /* a second panel below it; NULL: none */
    size_t table;
} item;

enum { ITEMS = CKN_LAYOUT_PANELS + CKN_LAYOUT_TABLES };

typedef struct builder {
    const ckn_layout_input *input;
    ckn_layout *layout;
    item items[ITEMS];
    size_t count;
    double scale; /* units a sample of the pictures */
} builder;

static double span_width(int span) {
    double pitch = (CKN_LAYOUT_WIDTH - 2 * MARGIN + GUTTER) / COLUMNS;
    return span * pitch - GUTTER;
}

static double column_x(int column) {
    double pitch = (CKN_LAYOUT_WIDTH - 2 * MARGIN + GUTTER) / COLUMNS;
    return MARGIN + column * pitch;
}

double ckn_layout_table_width(void) {
    return span_width(4);
}

double ckn_layout_title_width(void) {
    return span_width(COLUMNS);
}

/* ---- what there is */

static bool is_signal(const ckn_layout_input *input) {
    const ckn_shape *a = &input->sharp, *b = &input->blurred;
    return (a->rows == 1 && b->rows == 1 && a->cols > 1) ||
           (a->cols == 1 && b->cols == 1 && a->rows > 1);
}

/* Four tall pictures stand in one row, three wide ones, or two very wide ones. The bounds are where
 * the rows come out about as high as those of the plots. */
enum { NARROW = 2 };

static int picture_span(ckn_shape shape) {
    double aspect = (double)shape.cols / (double)shape.rows;
    return aspect < 0.4 ? NARROW : aspect < 1.25 ? 3 : aspect <= 2.4 ? 4 : 6;
}

static void add_panel(builder *b, ckn_panel_kind kind, int span) {
    ckn_panel *panel = &b->layout->panels[b->layout->count];
    *panel = (ckn_panel){.kind = kind, .letter = (char)('a' + b->layout->count)};
    b->layout->count++;
    b->items[b->count++] = (item){span, panel, NULL, 0};
}

/* The last two panels become one item. */
static void stack_panels(builder *b) {
    b->count--;
    b->items[b->count - 1].under = b->items[b->count].panel;
}

static void list_pictures(builder *b) {
    if (is_signal(b->input)) {
        add_panel(b, CKN_PANEL_SIGNALS, COLUMNS);
        add_panel(b, CKN_PANEL_RESIDUAL_CURVE, COLUMNS);
        return;
    }
    int span = picture_span(b->input->blurred);
    add_panel(b, CKN_PANEL_SHARP, span);
    add_panel(b, CKN_PANEL_BLURRED, span);
    add_panel(b, CKN_PANEL_MODEL, span);
    add_panel(b, CKN_PANEL_RESIDUAL, span);
}

/* How many of the columns are taken in the last row. */
static int last_column(const builder *b) {
    int used = 0;
    for (size_t i = 0; i < b->count; i++)
        used = (used + b->items[i].span > COLUMNS ? 0 : used) + b->items[i].span;
    return used % COLUMNS;
}

/* The distribution of the residual is there always, but is the first to go where it alone would
 * begin a row. */
static void list_plots(builder *b) {
    const ckn_layout_input *input = b->input;
    if (!is_signal(input))
        add_panel(b, CKN_PANEL_KERNEL, 4);
    add_panel(b, CKN_PANEL_SECTIONS, 4);
    if (!is_signal(input) && picture_span(input->blurred) == NARROW)
        stack_panels(b);
    if (input->has_curves)
        add_panel(b, CKN_PANEL_MTF, 4);
    if (input->has_curves && !input->is_signed && !is_signal(input))
        add_panel(b, CKN_PANEL_ENCIRCLED, 4);
    if (input->has_history)
        add_panel(b, CKN_PANEL_CONVERGENCE, 4);
    if (last_column(b) > 0)
        add_panel(b, CKN_PANEL_HISTOGRAM, 4);
}

/* Tables fill the last row of panels where that leaves room for one; the others share the next. */
static void list_tables(builder *b) {
    size_t left = 0;
    for (size_t i = 0; i < CKN_LAYOUT_TABLES; i++)
        left += b->input->table_lines[i] > 0;
    int used = last_column(b), free_spans = used > 0 ? (COLUMNS - used) / 4 : 0;
    for (size_t i = 0; i < CKN_LAYOUT_TABLES; i++) {
        if (b->input->table_lines[i] == 0)
            continue;
        int span = free_spans > 0 || left != 2 ? 4 : 6;
        if (free_spans > 0) {
            free_spans--;
            left--;
        }
        b->items[b->count++] = (item){span, NULL, NULL, i};
    }
}

/* ---- how large it is */

static double tallest(const builder *b) {
    return picture_span(b->input->blurred) == NARROW ? COLUMN : TALLEST;
}

/* Units a sample: one scale for all pictures, unless that makes one of them tiny. */
static double common_scale(const builder *b) {
    double width = span_width(picture_span(b->input->blurred));
    double cols = fmax((double)b->input->sharp.cols, (double)b->input->blurred.cols);
    double rows = fmax((double)b->input->sharp.rows, (double)b->input->blurred.rows);
    return fmin(width / cols, tallest(b) / rows);
}

/* Even lengths are whole pixels at 3/2 pixels to the unit. */
static double even(double length, double most) {
    return fmin(2 * floor(most / 2), fmax(6, 2 * round(length / 2)));
}

static ckn_rect picture_size(const builder *b, ckn_panel_kind kind, double width) {
    ckn_shape shape = kind == CKN_PANEL_SHARP ? b->input->sharp : b->input->blurred;
    double scale = fmin(width / (double)shape.cols, tallest(b) / (double)shape.rows);
    if (b->scale > 0.5 * scale)
        scale = fmin(scale, b->scale);
    return (ckn_rect){0, 0, even(scale * (double)shape.cols, width),
                      even(scale * (double)shape.rows, tallest(b))};
}

/* Panels at (x, y), as high as they want to be; returns that height. */
static double place_picture(const builder *b, ckn_panel *panel, double x, double y, double width) {
    ckn_rect size = picture_size(b, panel->kind, width);
    panel->heading = (ckn_rect){x, y, width, HEADING};
    panel->data = (ckn_rect){x, y + HEADING, size.width, size.height};
    panel->foot = (ckn_rect){x, panel->data.y + size.height + 2, width, FOOT};
    double bottom = panel->foot.y + FOOT;
    if (panel->kind == CKN_PANEL_RESIDUAL) {
        double length = fmin(width - 60, fmax(size.width, 0.6 * width));
        panel->bar = (ckn_rect){x, bottom + 4, length, BAR};
        panel->bar_labels = (ckn_rect){x, bottom + 4 + BAR + 2, width, BAR_BELOW};
        bottom = panel->bar_labels.y + BAR_BELOW;
    }
    return bottom - y;
}

static double place_plot(ckn_panel *panel, double x, double y, double width, double height) {
    panel->heading = (ckn_rect){x, y, width, HEADING};
    panel->caption = (ckn_rect){x, y + HEADING, width, CAPTION};
    panel->data = (ckn_rect){x + LEFT, y + HEADING + CAPTION, width - LEFT, height};
    panel->left = (ckn_rect){x, panel->data.y, LEFT, height};
    panel->below = (ckn_rect){x, panel->data.y + height, width, BELOW};
    return HEADING + CAPTION + height + BELOW;
}

static double place_kernel(ckn_panel *panel, double x, double y, double width) {
    double side = even(width - LEFT - BAR_GAP - BAR - BAR_RIGHT, PLOT);
    double height = place_plot(panel, x, y, width, side);
    panel->data.width = side;
    double right = panel->data.x + side;
    panel->below.width = right - x;
    panel->bar = (ckn_rect){right + BAR_GAP, panel->data.y, BAR, side};
    panel->bar_labels = (ckn_rect){right + BAR_GAP + BAR, panel->data.y, BAR_RIGHT, side};
    return height;
}

static double place_panel(const builder *b, ckn_panel *panel, double x, double y, double width) {
    switch (panel->kind) {
    case CKN_PANEL_SHARP:
    case CKN_PANEL_BLURRED:
    case CKN_PANEL_MODEL:
    case CKN_PANEL_RESIDUAL:
        return place_picture(b, panel, x, y, width);
    case CKN_PANEL_KERNEL:
        return place_kernel(panel, x, y, width);
    case CKN_PANEL_SIGNALS:
        return place_plot(panel, x, y, width, SIGNALS);
    case CKN_PANEL_RESIDUAL_CURVE:
        return place_plot(panel, x, y, width, RESIDUAL_CURVE);
    default:
        return place_plot(panel, x, y, width, PLOT);
    }
}

static double place_item(const builder *b, const item *one, double x, double y) {
    double width = span_width(one->span);
    if (one->panel) {
        double used = place_panel(b, one->panel, x, y, width);
        if (one->under)
            used += ROW_GAP + place_panel(b, one->under, x, y + used + ROW_GAP, width);
        return used;
    }
    double height = TABLE_HEADING + CKN_LAYOUT_LINE * (double)b->input->table_lines[one->table];
    b->layout->tables[one->table] = (ckn_rect){x, y, width, height};
    return height;
}

/* A plot beside higher pictures becomes as high. */
static void stretch(const item *one, double y, double height) {
    ckn_panel *panel = one->under ? one->under : one->panel;
    if (!panel || panel->kind < CKN_PANEL_SECTIONS)
        return;
    double more = y + height - (panel->below.y + panel->below.height);
    panel->data.height += more;
    panel->left.height += more;
    panel->below.y += more;
}

/* Places the row that starts with item `first`; returns the item after its last one. */
static size_t place_row(const builder *b, size_t first, double *y) {
    int column = 0;
    double height = 0;
    size_t end = first;
    while (end < b->count && column + b->items[end].span <= COLUMNS) {
        height = fmax(height, place_item(b, &b->items[end], column_x(column), *y));
        column += b->items[end].span;
        end++;
    }
    for (size_t i = first; i < end; i++)
        stretch(&b->items[i], *y, height);
    *y += height + ROW_GAP;
    return end;
}

static double place_line(ckn_rect *line, double y, double height, bool there) {
    if (there)
        *line = (ckn_rect){MARGIN, y, CKN_LAYOUT_WIDTH - 2 * MARGIN, height};
    return there ? y + height : y;
}

void ckn_layout_arrange(const ckn_layout_input *input, ckn_layout *layout) {
    *layout = (ckn_layout){.width = CKN_LAYOUT_WIDTH};
    builder b = {.input = input, .layout = layout};
    list_pictures(&b);
    list_plots(&b);
    list_tables(&b);
    b.scale = common_scale(&b);
    double y = place_line(&layout->title, 24, CKN_LAYOUT_TITLE * (double)input->title_lines,
                          input->title_lines > 0);
    y = place_line(&layout->subtitle, y, SUBTITLE, input->has_subtitle);
    y += 14;
    for (size_t next = 0; next < b.count;)
        next = place_row(&b, next, &y);
    y = place_line(&layout->footer, y - 8, FOOT, input->has_footer);
    layout->height = 2 * ceil((y + 20) / 2);
}
