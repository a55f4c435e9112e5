#compdef awsauth
# Made by `awsauth completions zsh`.
function _awsauth_complete {
    local kind reply
    local -a replies=() values=() shown=()
    integer widest=0
    # Words without their quotes; the last one up to the cursor.
    replies=("${(@f)$(AWSAUTH_COMPLETE=zsh awsauth -- "${(@Q)words[1,CURRENT-1]}" "${(Q)IPREFIX}${(Q)PREFIX}" 2>/dev/null)}")
    kind=$replies[1]
    shift replies
    case $kind in
        (files) _files ;;
        (command\ *) shift ${kind#command } words; ((CURRENT -= ${kind#command })); _normal ;;
        (words)
            for reply in "${(@)replies}"; do
                values+=("${reply%%$'\t'*}")
                ((${#values[-1]} > widest)) && widest=${#values[-1]}
            done
            for reply in "${(@)replies}"; do
                [[ $reply == *$'\t'* ]] && reply="${(r:widest:)${reply%%$'\t'*}}  -- ${reply#*$'\t'}"
                ((${#reply} >= COLUMNS)) && reply="${reply[1,COLUMNS-2]}…"
                shown+=("$reply")
            done
            # Not `_describe`, which sorts what has the same description behind the rest.
            compadd -l -V awsauth -d shown -a values
            ;;
    esac
}
# As the file _awsauth of a directory in fpath, this is run at the first TAB.
if [[ $funcstack[1] == _awsauth ]]; then
    _awsauth_complete
else
    compdef _awsauth_complete awsauth
fi
