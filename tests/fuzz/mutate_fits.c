/* The mutator of FITS files, by cards: 80 bytes, "KEYWORD = value". Changed bytes hardly ever make
 * another card that says something. */
#include "fuzz.h"

#include "support/random.h"

#include <stdio.h>
#include <string.h>

enum { CARD = 80, VALUE = 10, BLOCK = 2880, CARDS_OF_EXTENSION = 12 };

static const char *const keywords[] = {
    "NAXIS",   "NAXIS1",  "NAXIS2",  "NAXIS3",  "NAXIS4",   "NAXIS99",  "BITPIX",   "PCOUNT",
    "GCOUNT",  "TFIELDS", "TFORM1",  "TFORM2",  "TBCOL1",   "THEAP",    "BSCALE",   "BZERO",
    "BLANK",   "EXTEND",  "GROUPS",  "SIMPLE",  "XTENSION", "TSCAL1",   "TZERO1",   "TNULL1",
    "TDIM1",   "TTYPE1",  "EXTNAME", "INHERIT", "CHECKSUM", "DATASUM",  "ZIMAGE",   "ZCMPTYPE",
    "ZBITPIX", "ZNAXIS",  "ZNAXIS1", "ZTILE1",  "LONGSTRN", "CONTINUE", "HIERARCH", "COMMENT"};

/* Separated by bars; one is empty. */
static const char values[] =
    "0|1|-1|2|3|8|16|32|-32|-64|64|98|99|999|1000|4096|1.5|1D5|1E400|-1E-400|NAN|0x10|T|F||''|'|"
    "(1,2)|'A'|'1J'|'0X'|'-5D'|'I10'|'E99.99'|'1PB(99)'|'1QE(2)'|'(3,3,3)'|'999999999J'|"
    "'BINTABLE'|'IMAGE   '|'TABLE   '|'GZIP_1'|'RICE_1'|'a text that is continued, and so on &'|"
    "2147483647|2147483648|-2147483648|4294967296|9223372036854775807|-9223372036854775808|"
    "99999999999999999999";

typedef struct fits_file {
    uint8_t *data;
    size_t size, most;
    uint64_t random;
} fits_file;

static size_t below(fits_file *file, size_t limit) {
    return (size_t)(ckn_test_random(&file->random) >> 16) % limit;
}

/* Points to a value and tells how long it is. */
static const char *some_value(fits_file *file, int *length) {
    size_t count = 1;
    for (const char *c = values; *c; c++)
        count += *c == '|';
    const char *value = values;
    for (size_t index = below(file, count); index > 0; index--)
        value = strchr(value, '|') + 1;
    *length = (int)strcspn(value, "|");
    return value;
}

/* Writes a text over a card from a column on, as far as the card goes; no zero ends it. */
static void overwrite(uint8_t *card, size_t column, const char *text) {
    for (; *text && column < CARD; column++)
        card[column] = (uint8_t)*text++;
}

/* Most often numbers stand where the standard wants them, ending at column 30. */
static void put_value(fits_file *file, uint8_t *card) {
    char text[CARD + 1];
    int length;
    const char *value = some_value(file, &length);
    snprintf(text, sizeof text, below(file, 8) ? "%20.*s" : "%.*s / x", length, value);
    memset(card + VALUE, ' ', CARD - VALUE);
    overwrite(card, VALUE, text);
}

static void put_card(fits_file *file, uint8_t *card) {
    const char *keyword = keywords[below(file, sizeof keywords / sizeof keywords[0])];
    memset(card, ' ', CARD);
    if (below(file, 40) == 0) {
        overwrite(card, 0, "END");
        return;
    }
    overwrite(card, 0, keyword);
    overwrite(card, VALUE - 2, "=");
    put_value(file, card);
}

/* Any card, or one at the head of an extension. */
static uint8_t *some_card(fits_file *file) {
    const size_t cards = file->size / CARD;
    size_t index = below(file, cards);
    for (size_t i = 0; i < cards && below(file, 3) == 0; i++) {
        if (memcmp(file->data + i * CARD, "XTENSION", 8) == 0)
            index = i + below(file, CARDS_OF_EXTENSION);
    }
    return file->data + (index < cards ? index : cards - 1) * CARD;
}

/* What stands behind moves towards the end, and the last card is lost. */
static void insert_card(fits_file *file, uint8_t *card) {
    const size_t behind = file->size - (size_t)(card - file->data) - CARD;
    memmove(card + CARD, card, behind);
    put_card(file, card);
}

static void remove_card(fits_file *file, uint8_t *card) {
    const size_t behind = file->size - (size_t)(card - file->data) - CARD;
    memmove(card, card + CARD, behind);
    memset(file->data + file->size - CARD, ' ', CARD);
}

static void append_block(fits_file *file) {
    if (file->size + BLOCK > file->most)
        return;
    memset(file->data + file->size, below(file, 2) ? ' ' : 0, BLOCK);
    file->size += BLOCK;
}

static void change_card(fits_file *file) {
    uint8_t *card = some_card(file);
    switch (below(file, 6)) {
    case 0:
        insert_card(file, card);
        break;
    case 1:
        remove_card(file, card);
        break;
    case 2:
        append_block(file);
        break;
    case 3:
        put_card(file, card);
        break;
    default:
        put_value(file, card);
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    fits_file file = {data, size, most, seed};
    if (size < (size_t)2 * CARD || below(&file, 10) == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (size_t changes = 1 + below(&file, 4); changes > 0; changes--)
        change_card(&file);
    return file.size;
}
