# Made by `awsauth hook powershell`. With it, `awsauth use NAME` sets this shell to a profile.
if (Test-Path -LiteralPath Alias:awsauth) { Remove-Item -LiteralPath Alias:awsauth -Force }
function global:awsauth {
    $skip = $false
    $command = ''
    foreach ($word in $args) {
        if ($skip) { $skip = $false; continue }
        if ("$word" -ceq '--manifest' -or "$word" -ceq '--color') { $skip = $true; continue }
        if ("$word".StartsWith('-')) { continue }
        $command = "$word"
        break
    }
    if ($command -cne 'use') {
        $Env:AWSAUTH_HOOKED = '1'
        try {
            if ($MyInvocation.ExpectingInput) { $input | & @PROGRAM@ @args } else { & @PROGRAM@ @args }
        } finally { $Env:AWSAUTH_HOOKED = $null }
        return
    }
    $Env:AWSAUTH_HOOK = 'powershell'
    try { $text = @(& @PROGRAM@ @args) -join "`n" } finally { $Env:AWSAUTH_HOOK = $null }
    $code = $LASTEXITCODE
    # All else that it prints, such as --help, is to be read.
    if ($text.StartsWith('@MARK@')) { Invoke-Expression $text } elseif ($text) { $text }
    # Else `awsauth use prod && ...` would go on as somebody else. $LASTEXITCODE stays what it is.
    if ($code) { throw "awsauth use failed with exit code $code" }
}
