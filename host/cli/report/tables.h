/* The tables of the figure: a heading and lines of a name and a value each. */
#ifndef CKN_CLI_REPORT_TABLES_H
#define CKN_CLI_REPORT_TABLES_H

#include "cli/report/canvas.h"
#include "cli/report/report.h"

#include <stddef.h>

/* How many lines the facts take in this width; a value that is too long goes on in the next ones,
 * from a comma or a blank on. */
size_t ckn_table_lines(const ckn_canvas *canvas, const ckn_report_table *table, double width);

/* Nothing where there are no facts. */
void ckn_table_draw(const ckn_canvas *canvas, ckn_rect place, const ckn_report_table *table);

#endif
