#include "io/fits_header.h"

#include "io/plain_locale.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A card is a name of 8 characters, "= " where it has a value, and 70 characters for that. */
enum { BLOCK = 2880, CARD = 80, NAME = 8, VALUE = 70, VALUE_SIZE = VALUE + 1, MOST_NAXIS = 999 };

/* Of a header: 147,456 cards. Nothing is kept of most of them, but a file with holes would be read
 * for hours. */
enum { MOST_BLOCKS = 4096 };

/* Cards that may stand anywhere after the mandatory ones. */
typedef enum keyword {
    PCOUNT,
    GCOUNT,
    GROUPS,
    ZIMAGE,
    BSCALE,
    BZERO,
    BLANK,
    KSHIFTX,
    KSHIFTY,
    EXTNAME,
    EXTVER,
    SATURATE,
    SATLEVEL,
    MAXLIN,
    KEYWORDS
} keyword;

static const char *const keywords[KEYWORDS] = {
    "PCOUNT",  "GCOUNT",  "GROUPS",  "ZIMAGE", "BSCALE",   "BZERO",    "BLANK",
    "KSHIFTX", "KSHIFTY", "EXTNAME", "EXTVER", "SATURATE", "SATLEVEL", "MAXLIN"};

typedef struct parser {
    const ckn_input *input;
    ckn_fits_hdu *hdu;
    size_t index; /* of the HDU in the file */
    size_t cards; /* parsed so far */
    bool ended;
    char extension[VALUE_SIZE]; /* XTENSION's value; "" in the primary HDU */
    int64_t naxis;
    uint64_t samples;                 /* product of the axes but the first */
    uint64_t first_axis;              /* 1 where there is none */
    bool overflow;                    /* of `samples` */
    char value[KEYWORDS][VALUE_SIZE]; /* "": not there */
} parser;

__attribute__((format(printf, 3, 4))) static ckn_code fail(const parser *state, ckn_error *error,
                                                           const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as FITS: HDU %zu: %s",
                    state->input->path, state->index, text);
}

/* --- values ----------------------------------------------------------------------------------- */

/* The characters that stand for something, with quotes but without what follows them; what is not
 * printable becomes '?'. "": the card has no value. */
static void take_value(const char *card, char value[VALUE_SIZE]) {
    const char *text = card + NAME + 2, *end = card + CARD;
    size_t length = 0;
    while (text < end && *text == ' ')
        text++;
    const bool quoted = text < end && *text == '\'';
    while (memcmp(card + NAME, "= ", 2) == 0 && text < end) {
        const char c = *text++;
        if (!quoted && (c == ' ' || c == '/'))
            break;
        value[length++] = (char)(c >= ' ' && c <= '~' ? c : '?');
        if (quoted && length > 1 && c == '\'')
            break;
    }
    value[length] = '\0';
}

static bool parse_integer(const char *text, int64_t *value) {
    const char *digits = text + (*text == '+' || *text == '-');
    if (!*digits || digits[strspn(digits, "0123456789")])
        return false;
    errno = 0;
    *value = strtoll(text, NULL, 10);
    return errno == 0;
}

/* Fortran's D of a double stands for E. */
static bool parse_real(const char *text, double *value) {
    char copy[VALUE_SIZE], *end;
    if (!*text || text[strspn(text, "+-.0123456789DEde")])
        return false;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; c++)
        *c = (char)(*c == 'D' || *c == 'd' ? 'E' : *c);
    *value = strtod(copy, &end);
    return *end == '\0' && isfinite(*value);
}

/* Whether `text` is that string; blanks at its end do not count. */
static bool is_text(const char *text, const char *word) {
    const size_t length = strlen(word);
    return text[0] == '\'' && strncmp(text + 1, word, length) == 0 &&
           strspn(text + 1 + length, " ") + 1 == strlen(text + 1 + length) &&
           text[strlen(text) - 1] == '\'';
}

static bool multiply(uint64_t a, uint64_t b, uint64_t *product) {
    if (b != 0 && a > INT64_MAX / b)
        return false;
    *product = a * b;
    return true;
}

/* --- cards that must stand in front, in this order ---------------------------------------------
 */

static bool is_named(const char *card, const char *name) {
    char padded[NAME + 1];
    snprintf(padded, sizeof padded, "%-8s", name);
    return memcmp(card, padded, NAME) == 0;
}

static ckn_code expect_name(const parser *state, const char *card, const char *name,
                            ckn_error *error) {
    char found[NAME + 1];
    if (is_named(card, name))
        return CKN_OK;
    snprintf(found, sizeof found, "%.8s", card);
    for (char *c = found; *c; c++)
        *c = (char)(*c >= ' ' && *c <= '~' ? *c : '?');
    return fail(state, error, "its card %zu is '%s' and not %s", state->cards + 1, found, name);
}

static ckn_code take_first(parser *state, const char *card, ckn_error *error) {
    if (state->index == 0)
        return expect_name(state, card, "SIMPLE", error);
    CKN_TRY(expect_name(state, card, "XTENSION", error));
    take_value(card, state->extension);
    return CKN_OK;
}

static ckn_code take_bitpix(parser *state, const char *card, ckn_error *error) {
    char value[VALUE_SIZE];
    int64_t bitpix;
    CKN_TRY(expect_name(state, card, "BITPIX", error));
    take_value(card, value);
    if (!parse_integer(value, &bitpix) || !(bitpix == 8 || bitpix == 16 || bitpix == 32 ||
                                            bitpix == 64 || bitpix == -32 || bitpix == -64))
        return fail(state, error, "BITPIX must be 8, 16, 32, 64, -32 or -64, not '%s'", value);
    state->hdu->bitpix = (int)bitpix;
    return CKN_OK;
}

static ckn_code take_naxis(parser *state, const char *card, ckn_error *error) {
    char value[VALUE_SIZE];
    CKN_TRY(expect_name(state, card, "NAXIS", error));
    take_value(card, value);
    if (!parse_integer(value, &state->naxis) || state->naxis < 0 || state->naxis > MOST_NAXIS)
        return fail(state, error, "NAXIS must be a whole number from 0 to %d, not '%s'", MOST_NAXIS,
                    value);
    return CKN_OK;
}

static ckn_code take_axis(parser *state, const char *card, size_t axis, ckn_error *error) {
    char name[NAME + 1], value[VALUE_SIZE];
    int64_t length;
    snprintf(name, sizeof name, "NAXIS%u", (unsigned)(axis + 1) % 1000);
    CKN_TRY(expect_name(state, card, name, error));
    take_value(card, value);
    if (!parse_integer(value, &length) || length < 0)
        return fail(state, error, "%s must be a whole number of at least 0, not '%s'", name, value);
    if (axis < CKN_FITS_MOST_AXES)
        state->hdu->size[axis] = (uint64_t)length;
    if (axis == 0)
        state->first_axis = (uint64_t)length;
    else if (!multiply(state->samples, (uint64_t)length, &state->samples))
        state->overflow = true;
    return CKN_OK;
}

/* --- the others --------------------------------------------------------------------------------
 */

/* The first of a name counts, as for other readers. */
static void take_other(parser *state, const char *card) {
    for (size_t i = 0; i < KEYWORDS; i++) {
        if (is_named(card, keywords[i]) && !state->value[i][0])
            take_value(card, state->value[i]);
    }
}

static ckn_code take_card(parser *state, const char *card, ckn_error *error) {
    const size_t number = state->cards, mandatory = 3;
    if (number == 0)
        return take_first(state, card, error);
    if (number == 1)
        return take_bitpix(state, card, error);
    if (number == 2)
        return take_naxis(state, card, error);
    if (number < mandatory + (size_t)state->naxis)
        return take_axis(state, card, number - mandatory, error);
    if (is_named(card, "END"))
        state->ended = true;
    else
        take_other(state, card);
    return CKN_OK;
}

static ckn_code read_cards(parser *state, ckn_input *input, ckn_error *error) {
    char block[BLOCK];
    for (size_t blocks = 0; !state->ended; blocks++) {
        if (blocks == MOST_BLOCKS)
            return fail(state, error, "its header has no END within %d blocks", MOST_BLOCKS);
        if (fread(block, 1, BLOCK, input->stream) != BLOCK)
            return fail(state, error, "%s",
                        ferror(input->stream) ? strerror(errno)
                                              : "the file is truncated within its header");
        for (size_t at = 0; at < BLOCK && !state->ended; at += CARD, state->cards++)
            CKN_TRY(take_card(state, block + at, error));
        state->hdu->data += BLOCK;
    }
    return CKN_OK;
}

/* --- what they mean together -------------------------------------------------------------------
 */

static bool is_true(const parser *state, keyword name) {
    return strcmp(state->value[name], "T") == 0;
}

static bool is_random_groups(const parser *state) {
    return state->index == 0 && state->first_axis == 0 && is_true(state, GROUPS);
}

static ckn_code take_count(const parser *state, keyword name, int64_t *count, ckn_error *error) {
    const char *text = state->value[name];
    if (!*text || (parse_integer(text, count) && *count >= 0))
        return CKN_OK;
    return fail(state, error, "%s must be a whole number of at least 0, not '%s'", keywords[name],
                text);
}

/* abs(BITPIX) / 8 * GCOUNT * (PCOUNT + the product of the axes), that of random groups without
 * their first, which is 0. */
static ckn_code compute_bytes(parser *state, ckn_error *error) {
    ckn_fits_hdu *hdu = state->hdu;
    int64_t pcount = 0, gcount = 1;
    uint64_t samples = 0;
    CKN_TRY(take_count(state, PCOUNT, &pcount, error));
    CKN_TRY(take_count(state, GCOUNT, &gcount, error));
    const uint64_t first = is_random_groups(state) ? 1 : state->first_axis;
    bool fits = state->naxis == 0 || first == 0 ||
                (!state->overflow && multiply(state->samples, first, &samples));
    /* Neither is above INT64_MAX, so that the sum cannot overflow. */
    fits = fits && multiply(samples + (uint64_t)pcount, (uint64_t)gcount, &hdu->bytes) &&
           multiply(hdu->bytes, (uint64_t)abs(hdu->bitpix) / 8, &hdu->bytes);
    if (!fits || hdu->bytes > INT64_MAX - hdu->data - BLOCK)
        return fail(state, error, "it announces more bytes than any file has");
    if (pcount != 0 || gcount != 1)
        snprintf(hdu->problem, sizeof hdu->problem,
                 "PCOUNT and GCOUNT of an image must be 0 and 1, not %lld and %lld",
                 (long long)pcount, (long long)gcount);
    return CKN_OK;
}

static void find_kind(parser *state) {
    ckn_fits_hdu *hdu = state->hdu;
    const char *extension = state->extension;
    const bool image = state->index == 0 || is_text(extension, "IMAGE");
    if (is_text(extension, "BINTABLE") && is_true(state, ZIMAGE))
        hdu->kind = CKN_FITS_COMPRESSED;
    else if (image && state->naxis > 0 && state->naxis <= CKN_FITS_MOST_AXES &&
             !is_random_groups(state))
        hdu->kind = CKN_FITS_IMAGE;
    hdu->axes = hdu->kind == CKN_FITS_IMAGE ? (size_t)state->naxis : 0;
}

static void take_real(parser *state, keyword name, double *value) {
    const char *text = state->value[name];
    if (*text && !parse_real(text, value))
        snprintf(state->hdu->problem, sizeof state->hdu->problem, "%s must be a number, not '%s'",
                 keywords[name], text);
}

/* What no kernel's file of ours says counts as not there. */
static int64_t shift_of(const parser *state, keyword name) {
    int64_t shift;
    const bool found = parse_integer(state->value[name], &shift);
    return found && shift >= -INT32_MAX && shift <= INT32_MAX ? shift : 0;
}

/* By custom; the standard has none. DATAMAX is the largest value that occurs, clipped or not. What
 * is no positive number, or text in quotes, is somebody's own use of the word. */
static void take_saturation(parser *state) {
    const keyword names[] = {SATURATE, SATLEVEL, MAXLIN};
    for (size_t i = 0; i < sizeof names / sizeof names[0] && state->hdu->saturation == 0; i++) {
        double value;
        if (parse_real(state->value[names[i]], &value) && value > 0)
            state->hdu->saturation = value;
    }
}

/* A BLANK of real numbers means nothing. */
static void take_samples_keywords(parser *state) {
    ckn_fits_hdu *hdu = state->hdu;
    const char *blank = state->value[BLANK];
    hdu->scale = 1;
    take_real(state, BSCALE, &hdu->scale);
    take_real(state, BZERO, &hdu->zero);
    hdu->shift_x = shift_of(state, KSHIFTX);
    hdu->shift_y = shift_of(state, KSHIFTY);
    if (hdu->bitpix < 0 || !*blank)
        return;
    hdu->has_blank = parse_integer(blank, &hdu->blank);
    if (!hdu->has_blank)
        snprintf(hdu->problem, sizeof hdu->problem, "BLANK must be a whole number, not '%s'",
                 blank);
}

void ckn_fits_name(const char *text, char name[CKN_FITS_NAME_SIZE]) {
    snprintf(name, CKN_FITS_NAME_SIZE, "%s", text);
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == ' ')
        length--;
    name[length] = '\0';
    for (char *c = name; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

/* The text between the quotes. */
static void take_names(parser *state) {
    const char *text = state->value[EXTNAME];
    const size_t length = strlen(text);
    char inner[VALUE_SIZE] = "";
    if (length >= 2 && text[0] == '\'' && text[length - 1] == '\'')
        snprintf(inner, sizeof inner, "%.*s", (int)(length - 2), text + 1);
    ckn_fits_name(inner, state->hdu->name);
    if (!parse_integer(state->value[EXTVER], &state->hdu->version))
        state->hdu->version = 1;
}

static ckn_code parse_header(parser *state, ckn_input *input, ckn_error *error) {
    CKN_TRY(read_cards(state, input, error));
    CKN_TRY(compute_bytes(state, error));
    find_kind(state);
    take_names(state);
    take_samples_keywords(state);
    take_saturation(state);
    return CKN_OK;
}

ckn_code ckn_fits_hdu_read(ckn_input *input, size_t index, uint64_t start, ckn_fits_hdu *hdu,
                           ckn_error *error) {
    parser state = {.input = input, .hdu = hdu, .index = index, .samples = 1, .first_axis = 1};
    ckn_plain_locale locale;
    *hdu = (ckn_fits_hdu){.data = start};
    if (fseeko(input->stream, (off_t)start, SEEK_SET) != 0)
        return fail(&state, error, "%s", strerror(errno));
    if (!ckn_plain_locale_enter(&locale))
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to read it", input->path);
    ckn_code code = parse_header(&state, input, error);
    ckn_plain_locale_leave(&locale);
    return code;
}

/* Bytes after the last HDU, which the standard allows, do not begin with XTENSION. */
bool ckn_fits_hdu_next(const ckn_input *input, const ckn_fits_hdu *hdu, uint64_t *start) {
    char name[NAME];
    *start = hdu->data + (hdu->bytes + BLOCK - 1) / BLOCK * BLOCK;
    return *start < input->size && fseeko(input->stream, (off_t)*start, SEEK_SET) == 0 &&
           fread(name, 1, NAME, input->stream) == NAME && memcmp(name, "XTENSION", NAME) == 0;
}
