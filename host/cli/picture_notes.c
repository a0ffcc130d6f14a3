#include "cli/picture_notes.h"

void ckn_cli_picture_remark(ckn_cli_session *session, const char *path,
                            const ckn_picture *picture) {
    if (picture->remark[0])
        ckn_cli_note(session, "%s: %s", path, picture->remark);
}

void ckn_cli_picture_warn(ckn_cli_session *session, const char *path, const ckn_picture *picture,
                          bool linear) {
    ckn_cli_picture_remark(session, path, picture);
    if (picture->lossy[0])
        ckn_cli_note(session, "%s: %s", path, picture->lossy);
    if (linear && picture->not_srgb)
        ckn_cli_note(session, "%s: --linear decodes sRGB, but the file says: %s", path,
                     picture->color);
}
