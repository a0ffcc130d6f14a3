/* "did you mean": the nearest of several words. */
#ifndef CKN_CLI_SUGGEST_H
#define CKN_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* Number of insertions, deletions, replacements and swaps of neighbours between two words. */
size_t ckn_cli_distance(const char *a, const char *b);

/* Whether `word` is near enough to be what `text` was meant to be. */
bool ckn_cli_is_near(const char *text, const char *word);

/* Position of `word` in a list such as "one|two|three"; -1 where it is not there. */
int ckn_cli_word_position(const char *list, const char *word);

/* Writes " (did you mean 'two'?)" for the nearest word of the list, or an empty text. */
void ckn_cli_suggest_word(const char *list, const char *text, char *hint, size_t size);

#endif
