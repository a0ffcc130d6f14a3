#include "cli/clip_sources.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* LOW and HIGH are in the units of the file. Integers have codes; as no camera clips at code 1,
 * limits of which none is larger than 1 are parts of the full range. */
static double limit_in_picture(const ckn_cli_estimate *arguments, const ckn_picture *picture,
                               double limit) {
    const ckn_cli_mask_options *masks = &arguments->pair.masks;
    const bool low_is_part = !isfinite(masks->low) || fabs(masks->low) <= 1;
    const bool high_is_part = !isfinite(masks->high) || fabs(masks->high) <= 1;
    if (!isfinite(limit))
        return (double)NAN;
    if (picture->full_range != 1 && !(low_is_part && high_is_part))
        limit /= picture->full_range;
    return arguments->pair.linear ? ckn_srgb_to_linear(limit) : limit;
}

static void set_limits(const ckn_cli_estimate *arguments, const ckn_picture *picture,
                       ckn_clip_source *source) {
    static const double rounding = 1e-6; /* of float32, and of --linear */
    const ckn_cli_mask_options *masks = &arguments->pair.masks;
    const bool integers = picture->full_range != 1;
    source->low = source->high = (double)NAN;
    if (masks->saturation == CKN_CLI_SATURATION_GIVEN) {
        source->low = limit_in_picture(arguments, picture, masks->low);
        source->high = limit_in_picture(arguments, picture, masks->high);
        if (integers) { /* codes are rounded to float32 */
            source->low += rounding / picture->full_range;
            source->high -= rounding / picture->full_range;
        }
        return;
    }
    if (integers) {
        source->low =
            picture->sample == CKN_SAMPLE_U8 || picture->sample == CKN_SAMPLE_U16 ? 0 : (double)NAN;
        source->high = 1 - rounding;
        source->step = arguments->pair.linear ? 0 : 1 / picture->full_range;
    } else if (picture->saturation > 0) {
        source->high = picture->saturation;
    }
}

static void fill_source(const ckn_cli_estimate *arguments, const ckn_cli_pair *pair, bool sharp,
                        size_t plane, ckn_clip_source *source, ckn_view *views) {
    const ckn_picture *picture = sharp ? &pair->sharp : &pair->blurred;
    const ckn_cli_region *region = sharp ? &pair->sharp_region : &pair->open_region;
    const ckn_view *open = sharp ? &pair->open[plane].sharp : &pair->open[plane].blurred;
    size_t first, last;
    ckn_cli_pair_channels(pair, picture, plane, &first, &last);
    for (size_t channel = first; channel <= last; channel++) {
        const ckn_view whole = ckn_picture_view(picture, channel);
        views[channel - first] =
            ckn_view_part(&whole, region->row, region->col, ckn_view_shape(open));
    }
    *source = (ckn_clip_source){.channels = views, .count = last - first + 1};
    set_limits(arguments, picture, source);
}

static ckn_code list_sources(const ckn_cli_estimate_job *job, bool sharp,
                             ckn_cli_clip_sources *list, ckn_error *error) {
    static const char what[] = "the search for clipping";
    const size_t count = job->pairs.plane_count;
    CKN_TRY(ckn_allocate(&list->sources, count, sizeof *list->sources, what, error));
    CKN_TRY(ckn_allocate(&list->views, count, sizeof *list->views, what, error));
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++)
        for (size_t plane = 0; plane < job->pairs.pairs[i].count; plane++, next++)
            fill_source(job->arguments, &job->pairs.pairs[i], sharp, plane, &list->sources[next],
                        list->views[next]);
    return CKN_OK;
}

ckn_code ckn_cli_clip_sources_list(const ckn_cli_estimate_job *job, ckn_cli_clip_sources *sharp,
                                   ckn_cli_clip_sources *blurred, ckn_error *error) {
    *sharp = *blurred = (ckn_cli_clip_sources){.sources = NULL};
    CKN_TRY(list_sources(job, true, sharp, error));
    return list_sources(job, false, blurred, error);
}

void ckn_cli_clip_sources_release(ckn_cli_clip_sources *list) {
    free(list->sources);
    free(list->views);
    *list = (ckn_cli_clip_sources){.sources = NULL};
}

ckn_clip_mode ckn_cli_clip_mode(const ckn_cli_estimate *arguments) {
    switch (arguments->pair.masks.saturation) {
    case CKN_CLI_SATURATION_GIVEN:
        return CKN_CLIP_GIVEN;
    case CKN_CLI_SATURATION_AUTO:
        return CKN_CLIP_AUTO;
    default:
        return CKN_CLIP_NONE;
    }
}
