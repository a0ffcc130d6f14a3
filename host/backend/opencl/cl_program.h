/* Compiling the .cl files: embedded or from the override folder, from the cache where it has them.
 */
#ifndef CKN_BACKEND_CL_PROGRAM_H
#define CKN_BACKEND_CL_PROGRAM_H

#include "backend/opencl/cl_internal.h"

/* Finds out folders and compiler options; called once, before anything else here.
 * CKN_ERROR_FILE where the override folder cannot be read. */
ckn_code ckn_cl_programs_init(ckn_cl *cl, const ckn_context_options *options, ckn_error *error);

/* Builds cl->programs[id] unless that is done. A failing build gives CKN_ERROR_OPENCL with the
 * first telling line of the build log; the whole log goes to the log callback. */
ckn_code ckn_cl_program_need(ckn_cl *cl, ckn_cl_program_id id, ckn_error *error);

void ckn_cl_programs_release(ckn_cl *cl);

#endif
