/* The public context: a backend that was opened for the caller. */
#ifndef CKN_BACKEND_CONTEXT_H
#define CKN_BACKEND_CONTEXT_H

#include "backend/backend.h"

struct ckn_context {
    ckn_backend *backend;
};

#endif
