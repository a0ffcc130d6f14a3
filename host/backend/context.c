#include "backend/context.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void ckn_context_options_init(ckn_context_options *options) {
    memset(options, 0, sizeof *options);
}

ckn_code ckn_context_create(const ckn_context_options *options, ckn_context **context,
                            ckn_error *error) {
    *context = NULL;
    ckn_context_options defaults;
    ckn_context_options_init(&defaults);
    ckn_context *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "the context", error));
    ckn_code code = ckn_backend_create(options ? options : &defaults, &created->backend, error);
    if (code != CKN_OK) {
        free(created);
        return code;
    }
    *context = created;
    return CKN_OK;
}

void ckn_context_destroy(ckn_context *context) {
    if (!context)
        return;
    ckn_backend_destroy(context->backend);
    free(context);
}

void ckn_context_device(const ckn_context *context, ckn_device_info *info) {
    memset(info, 0, sizeof *info);
    context->backend->ops->describe(context->backend, info);
}

void ckn_context_log_statistics(ckn_context *context) {
    context->backend->ops->log_statistics(context->backend);
}
