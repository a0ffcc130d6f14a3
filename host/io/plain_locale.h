/* Numbers of files have a decimal point, whatever language the program speaks. */
#ifndef CKN_IO_PLAIN_LOCALE_H
#define CKN_IO_PLAIN_LOCALE_H

#include <locale.h>
#include <stdbool.h>

typedef struct ckn_plain_locale {
    locale_t plain, before;
} ckn_plain_locale;

/* Of the calling thread only. False where memory is exhausted. */
bool ckn_plain_locale_enter(ckn_plain_locale *locale);
void ckn_plain_locale_leave(const ckn_plain_locale *locale);

#endif
