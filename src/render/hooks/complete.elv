# Made by `awsauth completions elvish`.
set edit:completion:arg-completer[awsauth] = {|@words|
    var replies = [(try { env AWSAUTH_COMPLETE=elvish awsauth -- $@words 2>/dev/null | from-lines } catch e { })]
    if (> (count $replies) 0) {
        if (eq $replies[0] words) { all $replies[1..] } else { edit:complete-filename $@words }
    }
}
