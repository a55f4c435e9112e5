# Made by `awsauth completions fish`.
function __awsauth_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l word (commandline --current-token --cut-at-cursor)
    set -l replies (AWSAUTH_COMPLETE=fish awsauth -- $words $word 2>/dev/null)
    switch "$replies[1]"
        case files
            __fish_complete_path $word
        case 'command *'
            set -l place (string replace 'command ' '' -- $replies[1])
            set -l command (string escape -- $words[(math $place + 1)..])
            complete --do-complete="$(string join ' ' -- $command $word)"
        case words
            printf '%s\n' $replies[2..]
    end
end
complete --keep-order --exclusive --command awsauth --arguments '(__awsauth_complete)'
