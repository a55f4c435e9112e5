# Made by `awsauth hook fish`. With it, `awsauth use NAME` sets this shell to a profile.
function awsauth --description 'AWS profiles and logins; `use` sets this shell to a profile'
    set -l _awsauth_word
    set -l _awsauth_skip ''
    set -l _awsauth_command ''
    for _awsauth_word in $argv
        if test -n "$_awsauth_skip"
            set _awsauth_skip ''
            continue
        end
        switch $_awsauth_word
            case --manifest --color
                set _awsauth_skip yes
            case '-*'
            case '*'
                set _awsauth_command $_awsauth_word
                break
        end
    end
    if test "$_awsauth_command" != use
        set -lx AWSAUTH_HOOKED 1
        command @PROGRAM@ $argv
        return
    end
    # A trace would show the secrets.
    set -l fish_trace
    set -lx AWSAUTH_HOOK fish
    set -l _awsauth_lines (command @PROGRAM@ $argv)
    set -l _awsauth_code $status
    set -e AWSAUTH_HOOK
    # All else that it prints, such as --help, is to be read.
    if string match -q -- '@MARK@*' "$_awsauth_lines"
        printf '%s\n' $_awsauth_lines | source
        or set _awsauth_code $status
    else if set -q _awsauth_lines[1]
        printf '%s\n' $_awsauth_lines
    end
    return $_awsauth_code
end
