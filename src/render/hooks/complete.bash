# Made by `awsauth completions bash`. awsauth offers only words that need no quotes: bash puts them into the line as they are.
_awsauth_complete() {
    # Bash cuts words at `:` and `=` too; awsauth is asked for whole ones.
    local line=${COMP_LINE:0:COMP_POINT} kind='' reply='' word=''
    local -a words=()
    IFS=$' \t\n' read -r -d '' -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    COMPREPLY=()
    word=${words[${#words[@]}-1]}
    { IFS= read -r kind; while IFS= read -r reply; do COMPREPLY+=("${reply#"${word%"$2"}"}"); done; } \
        < <(AWSAUTH_COMPLETE=bash awsauth -- "${words[@]}" 2>/dev/null)
    case $kind in
        files) compopt -o default 2>/dev/null ;;
        command\ *) _awsauth_complete_command "$2" ;;
    esac
}
_awsauth_complete_command() {
    local place=1 reply=''
    while [[ ${COMP_WORDS[place]} != -- ]]; do ((++place > COMP_CWORD)) && return; done
    ((place += 1))
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$place"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$place"
    elif ((place == COMP_CWORD)) && [[ $1 != */* ]] && compopt -o filenames 2>/dev/null; then
        while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -c -- "$1")
    else
        compopt -o default 2>/dev/null
    fi
}
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
    complete -o nosort -F _awsauth_complete awsauth
else
    complete -F _awsauth_complete awsauth
fi
