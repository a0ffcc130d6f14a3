/* A folder with small pictures to read, in/, and a place to write to, out/. */
#ifndef CKN_FUZZ_SANDBOX_H
#define CKN_FUZZ_SANDBOX_H

#include <stddef.h>

/* Made at the first call, in $TMPDIR or /tmp, and removed at the end of the process. */
const char *fuzz_sandbox(void);

/* Fails where a file of in/ has changed. */
void fuzz_sandbox_check_inputs(void);
/* Removes what out/ holds and returns how many files that was; fails where one is temporary. */
size_t fuzz_sandbox_clear(void);

#endif
