/* The texts of the .cl files. */
#ifndef CKN_BACKEND_CL_SOURCE_H
#define CKN_BACKEND_CL_SOURCE_H

#include "base/log.h"
#include "base/status.h"

/* The text of file `name`, freed with free(): from `folder` where it stands there (`folder` may be
 * NULL), else the embedded one. */
ckn_code ckn_cl_source_read(const char *folder, const char *name, const ckn_log *log, char **text,
                            ckn_error *error);

/* Refuses an override folder that is none. */
ckn_code ckn_cl_source_check_folder(const char *folder, ckn_error *error);

#endif
