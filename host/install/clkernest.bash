# bash completion for clkernest. Commands, options and their words come from the program's own
# --help, so that this file knows nothing that could grow old.

_clkernest_commands() {
    "$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

# The options of a command: --name, one a line.
_clkernest_options() {
    "$1" "$2" --help 2>/dev/null | sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p'
}

# The argument of an option (given as --name or -n) as --help shows it; nothing for a flag.
_clkernest_argument() {
    "$1" "$2" --help 2>/dev/null |
        awk -v option="$3" '
            /^  (-.,|   ) --/ {
                for (i = 1; i <= 2; i++)
                    if ($i == option || $i == option ",") {
                        rest = substr($0, index($0, "--"))
                        sub(/   *.*/, "", rest)
                        if (split(rest, word, " ") > 1)
                            print word[2]
                        exit
                    }
            }'
}

_clkernest() {
    local program=$1 current=$2 previous=$3 command=${COMP_WORDS[1]} argument
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(
            compgen -W "$(_clkernest_commands "$program") help version --help --version" -- "$current")
        return
    fi
    if [[ $command == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_clkernest_commands "$program")" -- "$current")
        return
    fi
    argument=$(_clkernest_argument "$program" "$command" "$previous")
    case $argument in
    DEVICE)
        mapfile -t COMPREPLY < <(compgen -W "auto cpu opencl" -- "$current")
        return
        ;;
    *FILE*)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    SCENE)
        mapfile -t COMPREPLY < <(
            compgen -W "shapes square: checker noise delta" -f -- "$current")
        return
        ;;
    DIR)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    *[a-z]*\|*)
        # NUMBER in 8bit|16bit|NUMBER is no word to offer, R in luma|R|G|B is one.
        [[ $argument =~ \|[A-Z]{2,}$ ]] && argument=${argument%|*}
        mapfile -t COMPREPLY < <(compgen -W "${argument//|/ }" -- "$current")
        return
        ;;
    ?*)
        return
        ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(
            compgen -W "$(_clkernest_options "$program" "$command")" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
    fi
}

complete -F _clkernest clkernest
