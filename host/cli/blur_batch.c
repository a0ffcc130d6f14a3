/* Many pictures through three stages: one thread reads, the calling thread blurs, others write, as
 * packing a PNG takes several times as long as all the rest. Only the calling thread uses the
 * context, and only it speaks; the others leave what there is to say in the item. In memory are one
 * picture for each thread, and one in each of the two queues between the stages. */
#include "cli/blur.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/blur_job.h"
#include "cli/blur_report.h"
#include "cli/blur_targets.h"
#include "cli/interrupt.h"
#include "cli/queue.h"
#include "cli/result_picture.h"
#include "io/output_path.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_WRITERS = 4 };

/* One picture. It belongs to the stage that works on it, or to the queue that it waits in. */
typedef struct item {
    const char *image;
    char *target;
    ckn_picture picture; /* blurred in place; without data once it is written or has failed */
    ckn_code code;
    ckn_error error; /* where the code is one */
    size_t clipped;  /* samples that the file could not hold */
    ckn_blur_result result;
    double seconds_read, seconds_write;
} item;

typedef struct batch {
    const ckn_cli_blur *arguments;
    ckn_cli_session *session;
    item *items;
    size_t count;
    ckn_cli_queue read, blurred, settled; /* items; `settled` has room for all of them */
    atomic_size_t writing;                /* threads that may still settle an item */
    ckn_cli_blur_job job;
    ckn_blur_result chosen;
    size_t done, failed;
    double seconds_wall; /* of the stages together */
} batch;

/* Size and channels stay for the report. */
static void drop_data(ckn_picture *picture) {
    ckn_picture kept = *picture;
    kept.data = NULL;
    ckn_picture_release(picture);
    *picture = kept;
}

static void fail_item(item *one, ckn_code code) {
    one->code = code;
    drop_data(&one->picture);
}

/* --- the stages ------------------------------------------------------------------------------- */

static ckn_code read_item(const batch *work, item *one) {
    CKN_TRY(
        ckn_picture_read(one->image, &work->arguments->common.limits, &one->picture, &one->error));
    return ckn_picture_check_path(one->target, &one->error);
}

static void *read_stage(void *pointer) {
    batch *work = pointer;
    for (size_t i = 0; i < work->count && !ckn_interrupted(); i++) {
        item *one = &work->items[i];
        double start = ckn_seconds();
        ckn_code code = read_item(work, one);
        one->seconds_read = ckn_seconds() - start;
        if (code != CKN_OK)
            fail_item(one, code);
        if (!ckn_cli_queue_push(&work->read, one))
            break;
    }
    ckn_cli_queue_close(&work->read);
    return NULL;
}

static void write_item(item *one) {
    double start = ckn_seconds();
    ckn_code code = ckn_picture_write(one->target, &one->picture, &one->error);
    if (code == CKN_OK)
        one->clipped = ckn_cli_picture_clipped(one->target, &one->picture);
    one->code = code;
    drop_data(&one->picture);
    one->seconds_write = ckn_seconds() - start;
}

/* After Ctrl-C no file is begun, so that none is there when the process ends. */
static void *write_stage(void *pointer) {
    batch *work = pointer;
    for (item *one; (one = ckn_cli_queue_pop(&work->blurred));) {
        if (ckn_interrupted())
            break;
        write_item(one);
        ckn_cli_queue_push(&work->settled, one);
    }
    ckn_cli_queue_close(&work->blurred);
    if (atomic_fetch_sub(&work->writing, 1) == 1)
        ckn_cli_queue_close(&work->settled);
    return NULL;
}

/* Says what there is to say about an item that is written or has failed. */
static void settle(batch *work, const item *one) {
    ckn_cli_session *session = work->session;
    if (one->code != CKN_OK) {
        work->failed++;
        ckn_cli_failure(session, &one->error);
    } else {
        work->done++;
        ckn_cli_picture_note(session, one->target, one->picture.sample, one->clipped);
    }
    ckn_interrupt_after(work->done, work->count);
    ckn_cli_progress_count(&session->progress, "blurring", work->done + work->failed, work->count);
}

static void blur_item(batch *work, item *one) {
    ckn_code code =
        ckn_cli_blur_job_run(&work->job, &one->picture, &one->picture, &one->result, &one->error);
    if (code == CKN_OK)
        return;
    ckn_fail_prefix(&one->error, "%s", one->image);
    fail_item(one, code);
}

static void blur_stage(batch *work) {
    item *settled;
    for (item *one; (one = ckn_cli_queue_pop(&work->read));) {
        if (one->code == CKN_OK)
            blur_item(work, one);
        if (one->code == CKN_OK)
            ckn_cli_queue_push(&work->blurred, one);
        else if (one->code != CKN_ERROR_CANCELLED)
            settle(work, one);
        while ((settled = ckn_cli_queue_try_pop(&work->settled)))
            settle(work, settled);
        if (ckn_interrupted())
            break;
    }
    ckn_cli_queue_close(&work->read);
    ckn_cli_queue_close(&work->blurred);
    while ((settled = ckn_cli_queue_pop(&work->settled)))
        settle(work, settled);
}

/* Signals are for the calling thread, whose words the handlers repeat. */
static ckn_code start_stage(pthread_t *thread, void *(*stage)(void *batch), batch *work,
                            ckn_error *error) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int reason = pthread_create(thread, NULL, stage, work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason)
        return ckn_fail(error, CKN_ERROR_MEMORY, "cannot start a thread: %s", strerror(reason));
    return CKN_OK;
}

static size_t count_writers(const batch *work) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t most = work->count < MOST_WRITERS ? work->count : MOST_WRITERS;
    return processors > 0 && (size_t)processors < most ? (size_t)processors : most;
}

/* Starts as many writers as there may be, at least one; the number of those that run. */
static ckn_code start_writers(batch *work, pthread_t *writers, size_t *count, ckn_error *error) {
    const size_t wanted = count_writers(work);
    *count = 0;
    atomic_init(&work->writing, wanted);
    while (*count < wanted) {
        ckn_code code = start_stage(&writers[*count], write_stage, work, error);
        if (code != CKN_OK) {
            atomic_fetch_sub(&work->writing, wanted - *count);
            return *count ? CKN_OK : code;
        }
        (*count)++;
    }
    return CKN_OK;
}

static ckn_code run_stages(batch *work, ckn_error *error) {
    pthread_t reader, writers[MOST_WRITERS];
    size_t writer_count;
    CKN_TRY(start_stage(&reader, read_stage, work, error));
    ckn_code code = start_writers(work, writers, &writer_count, error);
    if (code == CKN_OK)
        blur_stage(work);
    else
        ckn_cli_queue_close(&work->read);
    for (size_t i = 0; i < writer_count; i++)
        pthread_join(writers[i], NULL);
    pthread_join(reader, NULL);
    if (code == CKN_OK && work->done + work->failed < work->count)
        code = ckn_fail(error, CKN_ERROR_CANCELLED, "interrupted");
    return code;
}

static ckn_code run_queues(batch *work, ckn_error *error) {
    CKN_TRY(ckn_cli_queue_create(&work->read, 1, error));
    ckn_code code = ckn_cli_queue_create(&work->blurred, 1, error);
    if (code == CKN_OK) {
        code = ckn_cli_queue_create(&work->settled, work->count, error);
        if (code == CKN_OK) {
            code = run_stages(work, error);
            ckn_cli_queue_destroy(&work->settled);
        }
        ckn_cli_queue_destroy(&work->blurred);
    }
    ckn_cli_queue_destroy(&work->read);
    return code;
}

/* --- the report ------------------------------------------------------------------------------- */

static void add_item(ckn_json list, const batch *work, const item *one) {
    ckn_json object = ckn_json_append_object(list);
    const bool good = one->code == CKN_OK;
    ckn_json_text(object, "image", one->image);
    ckn_json_text(object, "output", one->target);
    ckn_json_text(object, "status", good ? "blurred" : "failed");
    ckn_json_text(object, "error", good ? NULL : one->error.message);
    if (!good)
        return;
    ckn_cli_blur_json(object, work->arguments, &one->result);
    ckn_cli_blur_picture_json(object, &one->picture);
    ckn_json_real(object, "seconds_read", one->seconds_read);
    ckn_json_real(object, "seconds_upload", one->result.seconds_upload);
    ckn_json_real(object, "seconds_compute", one->result.seconds_compute);
    ckn_json_real(object, "seconds_download", one->result.seconds_download);
    ckn_json_real(object, "seconds_write", one->seconds_write);
}

static double seconds_setup(const batch *work) {
    return work->session->seconds_context + work->job.seconds_setup;
}

static ckn_code write_json(const batch *work, ckn_error *error) {
    if (!work->arguments->common.json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(work->session), list = ckn_json_list(object, "images");
    for (size_t i = 0; i < work->count; i++)
        add_item(list, work, &work->items[i]);
    ckn_json_count(object, "blurred", work->done);
    ckn_json_count(object, "failed", work->failed);
    ckn_json_real(object, "seconds_setup", seconds_setup(work));
    ckn_json_real(object, "seconds_wall", work->seconds_wall);
    return ckn_json_end(work->session, object, error);
}

static void time_line(const batch *work) {
    double reading = 0, blurring = 0, writing = 0;
    for (size_t i = 0; i < work->count; i++) {
        const item *one = &work->items[i];
        reading += one->seconds_read;
        blurring +=
            one->result.seconds_upload + one->result.seconds_compute + one->result.seconds_download;
        writing += one->seconds_write;
    }
    ckn_cli_line(work->session, "time",
                 "setup %.3g s; at the same time reading %.3g s, blurring %.3g s, writing %.3g s; "
                 "total %.3g s",
                 seconds_setup(work), reading, blurring, writing,
                 ckn_cli_session_seconds(work->session));
}

static void print_summary(const batch *work) {
    ckn_cli_session *session = work->session;
    ckn_cli_device_line(session);
    ckn_cli_blur_lines(session, work->arguments, &work->chosen, NULL);
    time_line(work);
    ckn_cli_output output = {"--out-dir", work->done ? work->arguments->out_dir : NULL, NULL,
                             false};
    ckn_cli_written_line(session, &output, 1);
    /* With failures the same is said on standard error, as the command's own. */
    if (work->failed == 0)
        ckn_cli_line(session, "images", "%zu blurred", work->done);
}

/* --- the command ------------------------------------------------------------------------------ */

static ckn_code list_items(batch *work, ckn_error *error) {
    const ckn_cli_words *files = &work->arguments->files;
    CKN_TRY(ckn_allocate(&work->items, files->count, sizeof *work->items, "the pictures", error));
    work->count = files->count;
    for (size_t i = 0; i < work->count; i++) {
        work->items[i].image = files->word[i];
        work->items[i].target = ckn_cli_blur_target(work->arguments->out_dir, files->word[i]);
        if (!work->items[i].target)
            return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the names");
    }
    return CKN_OK;
}

static ckn_code perform(batch *work, ckn_error *error) {
    CKN_TRY(list_items(work, error));
    CKN_TRY(ckn_cli_session_open(work->session, NULL, error));
    CKN_TRY(ckn_output_folder_make("--out-dir", work->arguments->out_dir, error));
    ckn_cli_blur_job_begin(&work->job, work->arguments, work->session, NULL);
    CKN_TRY(ckn_cli_blur_job_try(&work->job, &work->chosen, error));
    ckn_interrupt_after(0, work->count);
    const double start = ckn_seconds();
    CKN_TRY(run_queues(work, error));
    work->seconds_wall = ckn_seconds() - start;
    ckn_cli_progress_clear(&work->session->progress);
    ckn_interrupt_writing();
    CKN_TRY(write_json(work, error));
    print_summary(work);
    if (work->failed)
        return ckn_fail(error, CKN_ERROR_DATA, "%zu blurred, %zu failed", work->done, work->failed);
    return CKN_OK;
}

ckn_code ckn_cli_blur_batch(const ckn_cli_blur *arguments, ckn_cli_session *session,
                            ckn_error *error) {
    batch work = {.arguments = arguments, .session = session};
    ckn_code code = perform(&work, error);
    ckn_cli_blur_job_release(&work.job);
    for (size_t i = 0; i < work.count; i++) {
        ckn_picture_release(&work.items[i].picture);
        free(work.items[i].target);
    }
    free(work.items);
    return code;
}
