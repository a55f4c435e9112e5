# Made by `awsauth hook bash`. With it, `awsauth use NAME` sets this shell to a profile.
\unalias awsauth 2>/dev/null || :
function awsauth {
    local _awsauth_word _awsauth_skip='' _awsauth_command='' _awsauth_lines='' _awsauth_trace='' _awsauth_code=0
    for _awsauth_word in "$@"; do
        if [[ -n $_awsauth_skip ]]; then
            _awsauth_skip=''
            continue
        fi
        case $_awsauth_word in
            --manifest | --color) _awsauth_skip=yes ;;
            -*) ;;
            *) _awsauth_command=$_awsauth_word; break ;;
        esac
    done
    if [[ $_awsauth_command != use ]]; then
        AWSAUTH_HOOKED=1 @PROGRAM@ "$@"
        return
    fi
    # A trace (`set -x`, `set -v`) would show the secrets.
    { _awsauth_trace=${-//[!xv]/}; set +xv; } 2>/dev/null
    _awsauth_lines=$(AWSAUTH_HOOK=bash @PROGRAM@ "$@") || _awsauth_code=$?
    # All else that it prints, such as --help, is to be read.
    case $_awsauth_lines in
        '@MARK@'*) eval "$_awsauth_lines" || _awsauth_code=$? ;;
        ?*) printf '%s\n' "$_awsauth_lines" ;;
    esac
    if [[ -n $_awsauth_trace ]]; then
        set -"$_awsauth_trace"
    fi
    return "$_awsauth_code"
}
