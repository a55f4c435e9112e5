# Made by `awsauth completions powershell`. awsauth offers only words that need no quotes: PowerShell puts them in as they are.
Register-ArgumentCompleter -Native -CommandName awsauth -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The words as they were typed: nothing is evaluated.
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $before = $Env:AWSAUTH_COMPLETE
    $Env:AWSAUTH_COMPLETE = 'powershell'
    # An empty word would be lost on its way: the last one has a mark before it.
    try { $replies = @(& @PROGRAM@ -- @words "=$wordToComplete" 2>$null) } finally { $Env:AWSAUTH_COMPLETE = $before }
    if ("$($replies[0])" -cne 'words') {
        return [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    }
    $replies | Select-Object -Skip 1 | ForEach-Object {
        $word, $help = "$_".Split("`t")
        if (-not $help) { $help = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', "$help")
    }
}
