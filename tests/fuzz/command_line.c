#include "command_line.h"

#include "cli/command.h"
#include "cli/common_options.h"
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

/* Not the self-test, which takes long, and always the same way. */
static const ckn_cli_command *const commands[] = {
    &ckn_command_estimate, &ckn_command_blur,   &ckn_command_boxkernel, &ckn_command_apply,
    &ckn_command_simulate, &ckn_command_target, &ckn_command_compare,   &ckn_command_devices};

/* Each does something as it stands. */
static const char *const starts[] = {
    "estimate @in/x.npy @in/y.npy -k 3 -o @out/k.npy",
    "estimate @in/x.npy @in/v.npy -k 3x5 -o @out/k.csv",
    "estimate @in/x.png @in/y.png -o @out/k.tif -k auto:5",
    "estimate @in/c.png @in/c2.png -k 3 -o @out/k.png",
    "estimate @in/x.npy @in/y.npy @in/x.tif @in/y.fits -k 5 -o @out/k.fits",
    "estimate @in/x.npy @in/n.npy -k 3 -o @out/k.npy --nan mask",
    "blur @in/x.npy -s 2 -o @out/o.npy",
    "blur @in/a.png --sigma-x 3 -o @out/o.png",
    "blur @in/c.png @in/x.tif @in/y.fits -s 1.5 --out-dir @out",
    "boxkernel -s 2.5",
    "boxkernel -m @in/k.npy",
    "apply @in/c.png @in/k.npy -o @out/o.png",
    "apply @in/x.npy @in/k.csv -o @out/o.tif",
    "simulate --size 20x16 --kernel gaussian:1 --blurred @out/b.npy",
    "simulate --size 24x24 --sharp @out/s.png --blurred @out/b.png --kernel-out @out/k.csv",
    "target --size 200x180 -o @out/t.png",
    "target --size 64x64 --no-marks -o @out/t.npy",
    "compare @in/x.npy @in/y.npy -k 3 --devices cpu",
    "devices"};

/* Values of texts that mean something, by the option's name. */
typedef struct text_values {
    const char *name, *values; /* separated by blanks */
} text_values;

static const text_values texts[] = {
    {"output", "@out/o.npy @out/o.csv @out/o.tif @out/o.fits @out/o.png @out/o.jpg -"},
    {"uncertainty", "@out/u.npy @out/u.csv -"},
    {"model", "@out/m.npy @out/m.fits @out/m.tif @out/m.png"},
    {"residual", "@out/r.npy @out/r.fits @out/r.tif @out/m.npy"},
    {"history", "@out/h.csv"},
    {"report", "@out/r.png"},
    {"mtf", "@out/m.csv"},
    {"encircled", "@out/e.csv"},
    {"json", "@out/f.json -"},
    {"device", "cpu auto"},
    {"devices", "cpu cpu,cpu"},
    {"mask", "@in/m.npy"},
    {"mask-sharp", "@in/m.npy"},
    {"weights", "@in/m.npy @in/x.npy"},
    {"saturation", "auto none 0,1 0.1,0.9 -1,2 none,200 0,inf"},
    {"accuracy", "8bit 16bit 1e-3 0.5"},
    {"out-dir", "@out"},
    {"scene", "shapes square:5 checker noise delta @in/x.npy @in/c.png"},
    {"kernel", "gaussian:1 box:3 disc:2 motion:3,30 @in/k.npy @in/k.csv"},
    {"sharp", "@out/s.npy @out/s.tif @out/s.png"},
    {"blurred", "@out/b.npy @out/b.fits @out/b.png"},
    {"kernel-out", "@out/k.npy @out/k.csv @out/k.jpg -"},
    {"match", "@in/k.npy @in/k.csv"}};

/* What a value may be that is none. */
static const char *const wrong[] = {"",
                                    "0",
                                    "-1",
                                    "nan",
                                    "inf",
                                    "1e400",
                                    "-",
                                    "--",
                                    "auto",
                                    "none",
                                    ",",
                                    "x",
                                    "1x1",
                                    "1,2",
                                    "%s%n",
                                    "999999",
                                    "5K",
                                    "1e-320",
                                    "1,2,3",
                                    "@in/x.npy",
                                    "@in/none",
                                    "@out",
                                    "@in/x.npy[1]",
                                    "18446744073709551616",
                                    "99999999999999999999",
                                    "@in/empty.png"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Appends a word of which `length` characters are `word`, "@" resolved; too many are lost. */
static void add_word(fuzz_command_line *line, const char *word, size_t length, const char *folder) {
    char *place = line->text + line->used;
    const size_t room = sizeof line->text - line->used;
    const bool named = length > 0 && word[0] == '@';
    const size_t size = (named ? strlen(folder) : 0) + length + 1;
    if (line->count >= FUZZ_MOST_WORDS || size > room)
        return;
    if (named)
        snprintf(place, room, "%s/%.*s", folder, (int)length - 1, word + 1);
    else
        snprintf(place, room, "%.*s", (int)length, word);
    line->words[line->count++] = place;
    line->used += size + 1;
}

/* Adds word number `index` of a text of words. */
static void add_one_of(fuzz_command_line *line, const char *words, char separator, size_t index,
                       const char *folder) {
    const char separators[] = {separator, '\0'};
    size_t length;
    for (; index > 0; index--)
        words += strcspn(words, separators) + 1;
    length = strcspn(words, separators);
    add_word(line, words, length, folder);
}

static size_t count_words(const char *words, char separator) {
    size_t count = 1;
    for (const char *c = words; *c; c++)
        count += *c == separator;
    return count;
}

static void add_choice(fuzz_command_line *line, fuzz_input *input, const char *words,
                       char separator, const char *folder) {
    add_one_of(line, words, separator, fuzz_below(input, count_words(words, separator)), folder);
}

static void add_number(fuzz_command_line *line, fuzz_input *input, const ckn_cli_range *range,
                       bool whole) {
    static const double numbers[] = {1, 2, 3, 0, 5, 8, 0.5, 2.5, 0.3, 1e-3, 1e-7, 12.5};
    char text[32];
    size_t at = fuzz_below(input, COUNT(numbers));
    for (size_t tries = 0; tries < COUNT(numbers); tries++, at = (at + 1) % COUNT(numbers)) {
        const double number = numbers[at];
        const bool low = range->above ? number <= range->low : number < range->low;
        if (!low && (range->high == 0 || number <= range->high) &&
            (!whole || number == (double)(int)number))
            break;
    }
    snprintf(text, sizeof text, "%g", numbers[at]);
    add_word(line, text, strlen(text), "");
}

static void add_text(fuzz_command_line *line, fuzz_input *input, const char *name,
                     const char *folder) {
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (strcmp(texts[i].name, name) == 0) {
            add_choice(line, input, texts[i].values, ' ', folder);
            return;
        }
    }
    fuzz_fail("the table of texts lacks --%s", name);
}

/* Up to seven characters of the input, terminal controls among them, or a word of the list. */
static void add_wrong(fuzz_command_line *line, fuzz_input *input, const char *folder) {
    const size_t index = fuzz_below(input, 2 * COUNT(wrong));
    char text[8];
    size_t length = 0;
    if (index < COUNT(wrong)) {
        add_word(line, wrong[index], strlen(wrong[index]), folder);
        return;
    }
    for (const size_t most = 1 + fuzz_below(input, 7); length < most; length++) {
        const unsigned character = fuzz_byte(input);
        text[length] = (char)(character ? character : '0');
    }
    add_word(line, text, length, folder);
}

static void add_value(fuzz_command_line *line, fuzz_input *input, const ckn_cli_option *option,
                      const char *folder) {
    switch (option->type) {
    case CKN_CLI_TEXT:
        add_text(line, input, option->name, folder);
        return;
    case CKN_CLI_CHOICE:
        add_choice(line, input, option->argument, '|', folder);
        return;
    case CKN_CLI_CHOICE_OR_REAL:
        if (fuzz_rarely(input, 2))
            add_number(line, input, &option->range, false);
        else /* not the last word, which stands for the number */
            add_one_of(line, option->argument, '|',
                       fuzz_below(input, count_words(option->argument, '|') - 1), folder);
        return;
    case CKN_CLI_REAL:
        add_number(line, input, &option->range, false);
        return;
    case CKN_CLI_COUNT:
    case CKN_CLI_AUTO_COUNT:
        add_number(line, input, &option->range, true);
        return;
    case CKN_CLI_BYTES:
        add_choice(line, input, "500M 2G 10K 1 4096", ' ', folder);
        return;
    case CKN_CLI_SEED:
        add_choice(line, input, "0 7 18446744073709551615", ' ', folder);
        return;
    case CKN_CLI_SHAPE:
        add_choice(line, input, "3 5 3x5 7x1 20x16 1", ' ', folder);
        return;
    case CKN_CLI_AUTO_SHAPE:
        add_choice(line, input, "3 5x3 auto auto:3 auto:5x3 1", ' ', folder);
        return;
    case CKN_CLI_REGION:
        add_choice(line, input, "0,0,20x20 3,2,16x12 5,5,9x9 0,0,5000x1", ' ', folder);
        return;
    case CKN_CLI_SHIFT:
        add_choice(line, input, "auto none 0,0 1,-2 -3,1 500,0", ' ', folder);
        return;
    case CKN_CLI_FLAG:
    case CKN_CLI_CLEAR:
        return;
    }
}

static const ckn_cli_option *choose_option(fuzz_input *input, const ckn_cli_syntax *syntax) {
    const size_t index = fuzz_below(input, syntax->option_count + ckn_cli_common_option_count);
    return index < syntax->option_count ? &syntax->options[index]
                                        : &ckn_cli_common_options[index - syntax->option_count];
}

static void add_option(fuzz_command_line *line, fuzz_input *input, const ckn_cli_syntax *syntax,
                       const char *folder) {
    const ckn_cli_option *option = choose_option(input, syntax);
    char name[64];
    snprintf(name, sizeof name, "--%s", option->name);
    if (strcmp(option->name, "help") == 0 && !fuzz_rarely(input, 16))
        return;
    add_word(line, name, strlen(name), "");
    if (fuzz_rarely(input, 12))
        add_wrong(line, input, folder);
    else if (option->argument)
        add_value(line, input, option, folder);
}

static const ckn_cli_syntax *find_syntax(const char *name) {
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i]->syntax.command, name) == 0)
            return &commands[i]->syntax;
    }
    fuzz_fail("there is no command %s", name);
}

void fuzz_command_line_create(fuzz_command_line *line, fuzz_input *input, const char *folder) {
    *line = (fuzz_command_line){.count = 0};
    const char *start = starts[fuzz_below(input, COUNT(starts))];
    const size_t words = count_words(start, ' ');
    add_word(line, "clkernest", strlen("clkernest"), "");
    for (size_t i = 0; i < words; i++)
        add_one_of(line, start, ' ', i, folder);
    const ckn_cli_syntax *syntax = find_syntax(line->words[1]);
    if (strcmp(syntax->command, "compare") != 0 && !fuzz_rarely(input, 16)) {
        add_word(line, "--device", strlen("--device"), "");
        add_word(line, "cpu", strlen("cpu"), "");
    }
    for (size_t options = fuzz_below(input, 4); options > 0; options--)
        add_option(line, input, syntax, folder);
    if (fuzz_rarely(input, 24))
        add_wrong(line, input, folder);
    if (fuzz_rarely(input, 24) && line->count > 2)
        line->count--;
    line->words[line->count] = NULL;
}

bool fuzz_command_line_has(const fuzz_command_line *line, const char *start) {
    for (int i = 1; i < line->count; i++) {
        if (strncmp(line->words[i], start, strlen(start)) == 0)
            return true;
    }
    return false;
}
