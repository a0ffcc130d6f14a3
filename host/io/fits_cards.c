#include "io/fits_cards.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MOST_CARDS: 0.8 MB; headers of surveys have a thousand. */
enum { BLOCK = 2880, NAME = 8, MOST_CARDS = 10000 };

/* Of the file and its samples; a name that ends in '#' has a number or nothing there. */
static const char *const own[] = {
    "SIMPLE",  "XTENSION", "BITPIX",  "NAXIS#",   "EXTEND",  "PCOUNT",   "GCOUNT",
    "GROUPS",  "BSCALE",   "BZERO",   "BLANK",    "DATAMIN", "DATAMAX",  "CHECKSUM",
    "DATASUM", "EXTNAME",  "EXTVER",  "EXTLEVEL", "INHERIT", "SATURATE", "SATLEVEL",
    "MAXLIN",  "KSHIFTX",  "KSHIFTY", "CREATOR",  "END"};

static bool is_named(const char *card, const char *name) {
    const char *number = strchr(name, '#');
    const size_t length = number ? (size_t)(number - name) : strlen(name);
    if (memcmp(card, name, length) != 0)
        return false;
    for (size_t i = length; i < NAME; i++) {
        if (card[i] != ' ' && !(number && card[i] >= '0' && card[i] <= '9'))
            return false;
    }
    return true;
}

/* Capitals, digits, '-' and '_', then blanks. Names of blanks alone are comments. */
static bool has_name(const char *card) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = 0;
    while (length < NAME && card[length] && strchr(allowed, card[length]))
        length++;
    for (size_t i = length; i < NAME; i++) {
        if (card[i] != ' ')
            return false;
    }
    return length > 0;
}

/* What every program writes at the beginning of a file. */
static bool is_greeting(const char *card) {
    return memcmp(card, "COMMENT   FITS (Flexible Image", 30) == 0 ||
           memcmp(card, "COMMENT   and Astrophysics'", 27) == 0;
}

static bool goes_along(const char *card) {
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (is_named(card, own[i]))
            return false;
    }
    return has_name(card) && !is_greeting(card);
}

/* A value of several cards goes along, or not, as its first one. */
static size_t take_cards(const char *block, bool *taking, char *kept) {
    size_t count = 0;
    for (size_t at = 0; at < BLOCK; at += CKN_FITS_CARD) {
        const char *card = block + at;
        if (is_named(card, "END"))
            break;
        if (!is_named(card, "CONTINUE"))
            *taking = goes_along(card);
        if (!*taking)
            continue;
        for (size_t i = 0; i < CKN_FITS_CARD; i++)
            kept[count * CKN_FITS_CARD + i] =
                (char)(card[i] >= ' ' && card[i] <= '~' ? card[i] : '?');
        count++;
    }
    return count;
}

static ckn_code read_cards(ckn_input *input, uint64_t blocks, char *cards, ckn_error *error) {
    char block[BLOCK];
    bool taking = false;
    size_t count = 0;
    for (uint64_t i = 0; i < blocks && count + BLOCK / CKN_FITS_CARD <= MOST_CARDS; i++) {
        CKN_TRY(ckn_input_read(input, block, BLOCK, error));
        count += take_cards(block, &taking, cards + count * CKN_FITS_CARD);
    }
    return CKN_OK;
}

ckn_code ckn_fits_cards_read(ckn_input *input, uint64_t start, uint64_t end, char **cards,
                             ckn_error *error) {
    const uint64_t blocks = (end - start) / BLOCK, most = MOST_CARDS / (BLOCK / CKN_FITS_CARD);
    const size_t room = (size_t)(blocks < most ? blocks : most) * BLOCK + 1;
    *cards = NULL;
    if (fseeko(input->stream, (off_t)start, SEEK_SET) != 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read: %s", input->path,
                        strerror(errno));
    CKN_TRY(ckn_allocate(cards, room, 1, "a FITS header", error));
    ckn_code code = read_cards(input, blocks, *cards, error);
    if (code == CKN_OK && (*cards)[0])
        return CKN_OK;
    free(*cards);
    *cards = NULL;
    return code;
}
