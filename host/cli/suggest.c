#include "cli/suggest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 31 /* characters of a word that are compared */

static size_t minimum(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t ckn_cli_distance(const char *a, const char *b) {
    size_t cost[LONGEST + 1][LONGEST + 1];
    size_t rows = minimum(strlen(a), LONGEST), cols = minimum(strlen(b), LONGEST);
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= cols; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            size_t replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = minimum(replace, minimum(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = minimum(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][cols];
}

bool ckn_cli_is_near(const char *text, const char *word) {
    size_t length = strlen(text);
    if (length >= 3 && strncmp(text, word, length) == 0)
        return true;
    return ckn_cli_distance(text, word) <= (length < 4 ? 1 : length < 8 ? 2 : 3);
}

/* Copies the word that starts at `list` and returns where the next one starts, or NULL. */
static const char *next_word(const char *list, char *word, size_t size) {
    size_t length = strcspn(list, "|");
    snprintf(word, size, "%.*s", (int)length, list);
    return list[length] ? list + length + 1 : NULL;
}

int ckn_cli_word_position(const char *list, const char *word) {
    char candidate[LONGEST + 1];
    for (int position = 0; list; position++) {
        list = next_word(list, candidate, sizeof candidate);
        if (strcmp(candidate, word) == 0)
            return position;
    }
    return -1;
}

void ckn_cli_suggest_word(const char *list, const char *text, char *hint, size_t size) {
    char candidate[LONGEST + 1], best[LONGEST + 1] = "";
    size_t best_distance = (size_t)-1;
    while (list) {
        list = next_word(list, candidate, sizeof candidate);
        size_t distance = ckn_cli_distance(text, candidate);
        if (distance < best_distance && ckn_cli_is_near(text, candidate)) {
            best_distance = distance;
            memcpy(best, candidate, sizeof best);
        }
    }
    snprintf(hint, size, best[0] ? " (did you mean '%s'?)" : "%s", best);
}
