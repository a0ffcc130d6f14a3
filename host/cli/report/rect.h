/* A rectangle of the figure, in units from the page's top left corner. */
#ifndef CKN_CLI_REPORT_RECT_H
#define CKN_CLI_REPORT_RECT_H

typedef struct ckn_rect {
    double x, y, width, height;
} ckn_rect;

#endif
