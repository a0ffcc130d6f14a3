#include "cli/common_options.h"
#include "cli/option_values.h"
#include "cli/suggest.h"

#include <string.h>

/* One pass over a command line. */
typedef struct parser {
    const ckn_cli_syntax *syntax;
    char **words;
    int count;
    int next;
    char *arguments;    /* the command's struct, by bytes */
    size_t positionals; /* found so far: the first words of `words` */
    size_t names;       /* that the syntax has for them */
    ckn_error *error;
} parser;

/* All options of a command, the common ones last. */
static const ckn_cli_option *option_at(const ckn_cli_syntax *syntax, size_t index) {
    if (index < syntax->option_count)
        return &syntax->options[index];
    index -= syntax->option_count;
    return index < ckn_cli_common_option_count ? &ckn_cli_common_options[index] : NULL;
}

static const ckn_cli_option *find_name(const ckn_cli_syntax *syntax, const char *name,
                                       size_t length) {
    const ckn_cli_option *option;
    for (size_t i = 0; (option = option_at(syntax, i)); i++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static const ckn_cli_option *find_letter(const ckn_cli_syntax *syntax, char letter) {
    const ckn_cli_option *option;
    for (size_t i = 0; (option = option_at(syntax, i)); i++) {
        if (option->letter && option->letter == letter)
            return option;
    }
    return NULL;
}

static ckn_code unknown_option(const parser *state, const char *word) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    const ckn_cli_option *option, *best = NULL;
    for (size_t i = 0; (option = option_at(state->syntax, i)); i++) {
        const char *text = name + strspn(name, "-");
        if (ckn_cli_is_near(text, option->name) &&
            (!best || ckn_cli_distance(text, option->name) < ckn_cli_distance(text, best->name)))
            best = option;
    }
    if (best)
        return ckn_fail(state->error, CKN_ERROR_ARGUMENT,
                        "unknown option '%s' (did you mean '--%s'?)", name, best->name);
    return ckn_fail(state->error, CKN_ERROR_ARGUMENT,
                    "unknown option '%s'; 'clkernest %s --help' lists the options", name,
                    state->syntax->command);
}

static ckn_code missing_argument(const parser *state, const ckn_cli_option *option) {
    return ckn_fail(state->error, CKN_ERROR_ARGUMENT, "missing argument: --%s needs %s",
                    option->name, option->argument);
}

/* A word that cannot be meant as the argument of the option before it. */
static bool is_option_word(const parser *state, const char *word) {
    if (strncmp(word, "--", 2) != 0)
        return false;
    return find_name(state->syntax, word + 2, strcspn(word + 2, "=")) != NULL;
}

static ckn_code take_value(parser *state, const ckn_cli_option *option, const char *value) {
    void *target = state->arguments + option->target;
    if (!option->argument)
        return ckn_cli_store(option, "", target, state->error);
    if (!value) {
        if (state->next >= state->count || is_option_word(state, state->words[state->next]))
            return missing_argument(state, option);
        value = state->words[state->next++];
    }
    return ckn_cli_store(option, value, target, state->error);
}

static ckn_code take_long(parser *state, const char *word) {
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const ckn_cli_option *option = find_name(state->syntax, name, length);
    if (!option)
        return unknown_option(state, word);
    if (value && !option->argument)
        return ckn_fail(state->error, CKN_ERROR_ARGUMENT, "--%s takes no argument, not '%s'",
                        option->name, value);
    return take_value(state, option, value);
}

/* -q, -qv, -o FILE, -oFILE */
static ckn_code take_letters(parser *state, const char *word) {
    for (const char *letter = word + 1; *letter; letter++) {
        const ckn_cli_option *option = find_letter(state->syntax, *letter);
        if (!option)
            return unknown_option(state, word);
        if (option->argument)
            return take_value(state, option, letter[1] ? letter + 1 : NULL);
        CKN_TRY(take_value(state, option, NULL));
    }
    return CKN_OK;
}

/* What a positional at this place is called; NULL where none may stand. */
static const char *positional_name(const parser *state, size_t index) {
    if (state->names == 0 || (index >= state->names && !state->syntax->positionals_repeat))
        return NULL;
    return state->syntax->positionals[index % state->names];
}

/* Positionals gather at the front of argv, in places whose words have been read already. */
static ckn_code take_positional(parser *state, char *word) {
    const char *name = positional_name(state, state->positionals);
    if (!name)
        return ckn_fail(state->error, CKN_ERROR_ARGUMENT,
                        "unexpected argument '%s'; 'clkernest %s --help' shows the usage", word,
                        state->syntax->command);
    if (*word == '\0')
        return ckn_fail(state->error, CKN_ERROR_ARGUMENT, "%s is an empty name", name);
    state->words[state->positionals++] = word;
    return CKN_OK;
}

static ckn_code take_word(parser *state, char *word, bool *options_ended) {
    if (*options_ended || word[0] != '-' || word[1] == '\0')
        return take_positional(state, word);
    if (strcmp(word, "--") == 0) {
        *options_ended = true;
        return CKN_OK;
    }
    return word[1] == '-' ? take_long(state, word) : take_letters(state, word);
}

/* Whole groups of positionals, and at least one where the command has any. */
static ckn_code check_positionals(const parser *state) {
    const ckn_cli_syntax *syntax = state->syntax;
    if (state->names == 0 || (state->positionals > 0 && state->positionals % state->names == 0))
        return CKN_OK;
    const char *missing = syntax->positionals[state->positionals % state->names];
    if (state->positionals < state->names)
        return ckn_fail(state->error, CKN_ERROR_ARGUMENT,
                        "missing argument: %s; 'clkernest %s --help' shows the usage", missing,
                        syntax->command);
    return ckn_fail(state->error, CKN_ERROR_ARGUMENT,
                    "missing argument: %s after '%s', the last of %zu files; 'clkernest %s "
                    "--help' shows the usage",
                    missing, state->words[state->positionals - 1], state->positionals,
                    syntax->command);
}

static void store_positionals(const parser *state) {
    if (state->names == 0)
        return;
    ckn_cli_words *target = (void *)(state->arguments + state->syntax->positional_target);
    *target = (ckn_cli_words){(const char *const *)state->words, state->positionals};
}

ckn_code ckn_cli_parse(const ckn_cli_syntax *syntax, int argc, char **argv, void *arguments,
                       ckn_error *error) {
    parser state = {syntax, argv, argc, 0, arguments, 0, 0, error};
    while (syntax->positionals[state.names])
        state.names++;
    const ckn_cli_common *common = arguments;
    bool options_ended = false;
    while (state.next < argc) {
        char *word = argv[state.next++];
        CKN_TRY(take_word(&state, word, &options_ended));
        if (common->help)
            return CKN_OK;
    }
    store_positionals(&state);
    return check_positionals(&state);
}
