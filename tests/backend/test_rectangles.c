/* embed() and extract(). */
#include "support/guard.h"
#include "support/random.h"

#include <stdio.h>
#include <stdlib.h>

/* A small plane that stands in a large one at `at`. */
typedef struct rectangle_case {
    ckn_shape large, small, at;
} rectangle_case;

static const rectangle_case cases[] = {
    {{1, 1}, {1, 1}, {0, 0}},        {{1, 7}, {1, 3}, {0, 4}},
    {{7, 1}, {3, 1}, {2, 0}},        {{8, 8}, {8, 8}, {0, 0}},
    {{8, 8}, {1, 1}, {7, 7}},        {{16, 17}, {5, 6}, {11, 11}},
    {{33, 31}, {32, 30}, {1, 1}},    {{64, 64}, {17, 65 - 17}, {3, 5}},
    {{65, 63}, {65, 1}, {0, 62}},    {{65, 63}, {1, 63}, {64, 0}},
    {{300, 257}, {299, 31}, {0, 9}}, {{513, 1025}, {257, 511}, {100, 400}},
    {{1, 5000}, {1, 4097}, {0, 1}},  {{5000, 1}, {4097, 1}, {903, 0}},
};

#define CASES (sizeof cases / sizeof *cases)

static void test_embed(void **state) {
    (void)state;
    ckn_backend *backend = ckn_test_backend();
    for (size_t i = 0; i < CASES; i++) {
        const rectangle_case *c = &cases[i];
        size_t count = ckn_shape_count(c->large), inner = ckn_shape_count(c->small);
        double *data = ckn_test_random_array(7, inner, -1.0, 1.0);
        double *expected = ckn_test_array(count);
        for (size_t row = 0; row < c->small.rows; row++) {
            for (size_t col = 0; col < c->small.cols; col++)
                expected[(row + c->at.rows) * c->large.cols + col + c->at.cols] =
                    data[row * c->small.cols + col];
        }
        ckn_guarded src = ckn_guarded_from(data, inner), dst = ckn_guarded_create(count);
        TRY_OK(backend->ops->embed(backend, dst.buffer, c->large, src.buffer, c->small, c->at,
                                   &error));
        ckn_guarded_close(&dst, expected, 0.0, "embed");
        ckn_guarded_close(&src, data, 0.0, "embed's source");
        ckn_guarded_destroy(&src);
        ckn_guarded_destroy(&dst);
        free(data);
        free(expected);
    }
}

static void check_extract(const rectangle_case *c, bool subtract) {
    ckn_backend *backend = ckn_test_backend();
    size_t count = ckn_shape_count(c->large), inner = ckn_shape_count(c->small);
    double *data = ckn_test_random_array(8, count, -1.0, 1.0);
    double *minus = ckn_test_random_array(9, inner, -1.0, 1.0), *expected = ckn_test_array(inner);
    for (size_t row = 0; row < c->small.rows; row++) {
        for (size_t col = 0; col < c->small.cols; col++) {
            size_t to = row * c->small.cols + col;
            expected[to] = data[(row + c->at.rows) * c->large.cols + col + c->at.cols] -
                           (subtract ? minus[to] : 0.0);
        }
    }
    ckn_guarded src = ckn_guarded_from(data, count), dst = ckn_guarded_create(inner);
    ckn_guarded subtrahend = ckn_guarded_from(minus, inner);
    TRY_OK(backend->ops->extract(backend, dst.buffer, c->small, src.buffer, c->large, c->at,
                                 subtract ? subtrahend.buffer : NULL, &error));
    ckn_guarded_close(&dst, expected, ckn_test_on_cpu() ? 0.0 : 1e-7, "extract");
    ckn_guarded_close(&src, data, 0.0, "extract's source");
    ckn_guarded_close(&subtrahend, minus, 0.0, "extract's subtrahend");
    ckn_guarded_destroy(&src);
    ckn_guarded_destroy(&dst);
    ckn_guarded_destroy(&subtrahend);
    free(data);
    free(minus);
    free(expected);
}

static void test_extract(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        check_extract(&cases[i], false);
        check_extract(&cases[i], true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embed),
        cmocka_unit_test(test_extract),
    };
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
