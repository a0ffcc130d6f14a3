#include "io/csv.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/plain_locale.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A kernel as text is small; this keeps a wrong file from filling the memory. */
static const uint64_t most_bytes = (uint64_t)1 << 28;

typedef struct csv_table {
    const ckn_input *input;
    double *values;
    size_t count, capacity;
    size_t rows, cols;
    size_t line; /* the current one, counted from 1 */
    ckn_kernel_offset *offset;
    bool placed; /* a comment has told the offset */
} csv_table;

static ckn_code write_comments(FILE *stream, const ckn_metadata *metadata, ckn_error *error) {
    for (size_t i = 0; metadata && i < metadata->count; i++) {
        if (fprintf(stream, "# %s: %s\n", metadata->items[i].key, metadata->items[i].value) < 0)
            return ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
    }
    return CKN_OK;
}

static ckn_code write_table(FILE *stream, const ckn_view *table, ckn_error *error) {
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t col = 0; col < table->cols; col++) {
            const char *end = col + 1 < table->cols ? "," : "\n";
            if (fprintf(stream, "%.17g%s", ckn_view_at(table, row, col), end) < 0)
                return ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
        }
    }
    return CKN_OK;
}

ckn_code ckn_csv_write(FILE *stream, const ckn_view *table, const ckn_metadata *metadata,
                       ckn_error *error) {
    ckn_plain_locale locale;
    CKN_TRY(write_comments(stream, metadata, error));
    if (!ckn_plain_locale_enter(&locale))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory to write numbers");
    ckn_code code = write_table(stream, table, error);
    ckn_plain_locale_leave(&locale);
    return code;
}

static ckn_code append(csv_table *table, double value, ckn_error *error) {
    if (table->count == table->capacity) {
        const ckn_announcement so_far = {table->count + 1, 1, 1, sizeof(double)};
        size_t capacity = table->capacity ? 2 * table->capacity : 256;
        CKN_TRY(ckn_read_limit_check(&table->input->limits, table->input->path, so_far, error));
        double *grown = realloc(table->values, capacity * sizeof *grown);
        if (!grown)
            return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory for its numbers",
                            table->input->path);
        table->values = grown;
        table->capacity = capacity;
    }
    table->values[table->count++] = value;
    return CKN_OK;
}

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t\r\n");
}

static ckn_code not_a_number(const csv_table *table, const char *text, ckn_error *error) {
    char shown[24];
    size_t length = 0;
    for (; text[length] && !strchr(", \t\r\n", text[length]) && length < sizeof shown - 1; length++)
        shown[length] = (char)(text[length] > ' ' && text[length] <= '~' ? text[length] : '?');
    shown[length] = '\0';
    if (length == 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: line %zu: a number is missing at a comma",
                        table->input->path, table->line);
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: line %zu: '%s' stands where a number is expected (as in 0.25,0.5,0.25)",
                    table->input->path, table->line, shown);
}

static ckn_code parse_number(csv_table *table, const char **at, ckn_error *error) {
    char *end;
    errno = 0;
    double value = strtod(*at, &end);
    if (end == *at || (*end && !strchr(", \t\r\n", *end)))
        return not_a_number(table, *at, error);
    if (errno == ERANGE && isinf(value))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: line %zu: a number is too large",
                        table->input->path, table->line);
    *at = end;
    return append(table, value, error);
}

static ckn_code parse_row(csv_table *table, const char *text, ckn_error *error) {
    size_t before = table->count;
    for (bool more = true; more;) {
        CKN_TRY(parse_number(table, &text, error));
        text = skip_blanks(text);
        more = *text != '\0';
        if (*text == ',')
            text = skip_blanks(text + 1);
    }
    size_t cols = table->count - before;
    if (table->rows > 0 && cols != table->cols)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: line %zu holds %zu numbers, the lines before hold %zu",
                        table->input->path, table->line, cols, table->cols);
    table->cols = cols;
    table->rows++;
    return CKN_OK;
}

static ckn_code parse_line(csv_table *table, const char *text, size_t length, ckn_error *error) {
    if (strlen(text) != length)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: line %zu holds a zero byte: it is no text",
                        table->input->path, table->line);
    if (table->line == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3; /* a byte order mark, as spreadsheets put it there */
    text = skip_blanks(text);
    if (*text == '#' && !table->placed)
        table->placed = ckn_kernel_offset_of_line(text, table->offset);
    return *text == '\0' || *text == '#' ? CKN_OK : parse_row(table, text, error);
}

static ckn_code parse_lines(csv_table *table, FILE *stream, ckn_error *error) {
    char *text = NULL;
    size_t capacity = 0;
    ckn_code code = CKN_OK;
    ssize_t length;
    while (code == CKN_OK && (length = getline(&text, &capacity, stream)) >= 0) {
        table->line++;
        code = parse_line(table, text, (size_t)length, error);
    }
    free(text);
    if (code == CKN_OK && !feof(stream))
        code = ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read: %s", table->input->path,
                        strerror(errno));
    if (code == CKN_OK && table->rows == 0)
        code = ckn_fail(error, CKN_ERROR_FILE, "%s: holds no numbers", table->input->path);
    return code;
}

ckn_code ckn_csv_read(ckn_input *input, double **values, size_t *rows, size_t *cols,
                      ckn_kernel_offset *offset, ckn_error *error) {
    csv_table table = {.input = input, .offset = offset};
    ckn_plain_locale locale;
    if (input->size > most_bytes)
        return ckn_fail(
            error, CKN_ERROR_FILE, "%s: has %llu bytes; text of up to %llu bytes is read: use .npy",
            input->path, (unsigned long long)input->size, (unsigned long long)most_bytes);
    if (!ckn_plain_locale_enter(&locale))
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to read it", input->path);
    ckn_code code = parse_lines(&table, input->stream, error);
    ckn_plain_locale_leave(&locale);
    const ckn_announcement size = {table.cols, table.rows, 1, sizeof(double)};
    if (code == CKN_OK)
        code = ckn_read_limit_check(&input->limits, input->path, size, error);
    if (code != CKN_OK) {
        free(table.values);
        return code;
    }
    *values = table.values;
    *rows = table.rows;
    *cols = table.cols;
    return CKN_OK;
}
