/* The search for a prior's weight, on made-up scores. */
#include "estimate/weight_search.h"
#include "support/harness.h"

#include <math.h>

typedef struct landscape {
    double bottom; /* the best decade */
    double first;  /* the first decade with a fit */
    size_t fits, patience;
} landscape;

/* Squares grow and degrees of freedom fall with the weight; their sum has one minimum. */
static double square_at(const landscape *self, double decade) {
    return 100 * exp(2 * (decade - self->bottom));
}

static double degrees_at(const landscape *self, double decade) {
    return 100 * exp(2 * (self->bottom - decade));
}

static double value_of(const void *user, double square, double degrees) {
    (void)user;
    return square + degrees;
}

static ckn_code fit(void *user, ckn_weight_point *point, bool *cut, ckn_error *error) {
    landscape *self = user;
    (void)error;
    *cut = self->fits == self->patience;
    if (*cut)
        return CKN_OK;
    self->fits++;
    if (point->decade < self->first)
        return CKN_OK;
    point->square = square_at(self, point->decade);
    point->degrees = degrees_at(self, point->decade);
    point->value = point->square + point->degrees;
    return CKN_OK;
}

static ckn_weight_search search_of(landscape *self) {
    return (ckn_weight_search){
        .fit = fit, .value_of = value_of, .user = self, .to_beat = INFINITY, .least_gain = 0.1};
}

static ckn_weight_search run(ckn_weight_search search) {
    ckn_error error;
    assert_int_equal(ckn_weight_search_run(&search, &error), CKN_OK);
    return search;
}

/* Wherever the minimum is, it is found to an eighth of a decade, with few fits. */
static void test_minimum(void **state) {
    (void)state;
    for (int n = 0; n < 22; n++) {
        const double bottom = -4 + 0.37 * n;
        for (int stepped = 0; stepped < 2; stepped++) {
            landscape self = {bottom, -INFINITY, 0, 100};
            ckn_weight_search search = search_of(&self);
            search.stepped = stepped != 0;
            search = run(search);
            assert_true(fabs(search.points[search.best].decade - bottom) <= 0.19);
            assert_true((double)self.fits <= fabs(bottom) + 8);
            for (size_t i = 1; i < search.count; i++)
                assert_true(search.points[i - 1].decade < search.points[i].decade);
        }
    }
}

/* Where small weights have no fit, the way leads to larger ones. */
static void test_no_fit(void **state) {
    (void)state;
    landscape self = {2, 1.5, 0, 100};
    ckn_weight_search search = run(search_of(&self));
    assert_true(fabs(search.points[search.best].decade - 2) <= 0.19);
    self = (landscape){0, INFINITY, 0, 100};
    search = run(search_of(&self));
    assert_false(isfinite(search.points[search.best].value));
}

/* A search that cannot win ends, and one that can does not. */
static void test_cannot_win(void **state) {
    (void)state;
    landscape self = {0.3, -INFINITY, 0, 100};
    ckn_weight_search search = search_of(&self);
    search.to_beat = 100; /* the best is 200 */
    run(search);
    assert_true(self.fits <= 3);
    self.fits = 0;
    search = search_of(&self);
    search.to_beat = 205;
    search = run(search);
    assert_true(search.points[search.best].value < 205);
    /* Bounds alone: no weight has less than these squares. */
    self.fits = 0;
    search = search_of(&self);
    search.to_beat = 50;
    search.least_square = 100;
    run(search);
    assert_int_equal(self.fits, 1);
}

static void test_cut(void **state) {
    (void)state;
    landscape self = {1, -INFINITY, 0, 2};
    ckn_weight_search search = run(search_of(&self));
    assert_true(search.cut && search.count == 2);
    self = (landscape){1, -INFINITY, 0, 0};
    search = run(search_of(&self));
    assert_true(search.cut && search.count == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimum),
        cmocka_unit_test(test_no_fit),
        cmocka_unit_test(test_cannot_win),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
