#include "io/plain_locale.h"

bool ckn_plain_locale_enter(ckn_plain_locale *locale) {
    locale->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale->plain == (locale_t)0)
        return false;
    locale->before = uselocale(locale->plain);
    return true;
}

void ckn_plain_locale_leave(const ckn_plain_locale *locale) {
    uselocale(locale->before);
    freelocale(locale->plain);
}
