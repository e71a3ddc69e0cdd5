# The examples of the module are run as they are, each in a process of its own.

BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $examples = [System.IO.Path]::Combine($script:ModulePath, 'Examples')

    function New-Events([string] $Name) {
        $text = "sqlite:Data Source=$TestDrive/$Name.db;Mode=ReadWriteCreate"
        $database = Connect-EtlDatabase $text -Name $Name
        foreach ($sql in @(
            'CREATE TABLE allevents (event_id integer NOT NULL PRIMARY KEY, event_ts text NOT NULL, event_type text NOT NULL, amount numeric NOT NULL)'
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO allevents SELECT i, date('2024-01-01', '+' || i || ' days'), CASE i % 3 WHEN 0 THEN 'view' ELSE 'click' END, i FROM n"
        )) { $null = [EtlTableOpsTests.Side]::Run($database, $sql) }
        [pscustomobject]@{ Text = $text; Connection = $database }
    }

    function Invoke-Example([string] $Before, [string] $Call) {
        # A machine that is busy with other tests is slower than the budget that is fine for people.
        $patient = "`$PSDefaultParameterValues = @{ 'Switch-Table:StallBudget' = '10s'; 'Undo-TableSwap:StallBudget' = '10s' }"
        $path = "`$env:PSModulePath = '$(Split-Path $script:ModulePath)' + [IO.Path]::PathSeparator + `$env:PSModulePath"
        $script = "$path; $patient; $Before; try { & $Call } catch { `$_ | Out-String; exit 99 }; if (`$LASTEXITCODE) { exit `$LASTEXITCODE }"
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script 2>&1 | Out-String
        [pscustomobject]@{ Out = $out; Code = $LASTEXITCODE }
    }
}

Describe 'Examples' {
    It 'the runbook replaces the table, with the connection asset that Azure Automation gives' {
        $world = New-Events runbook
        $run = Invoke-Example "function Get-AutomationConnection { @{ Connection = '$($world.Text)' } }" "'$examples/Runbook.ps1' -KeepWhere `"event_ts >= '2024-06-01'`""
        $run.Code | Should -Be 0 -Because $run.Out
        $run.Out | Should -Match 'Switched'
        [EtlTableOpsTests.Side]::Rows($world.Connection, "SELECT count(*) FROM allevents WHERE event_ts < '2024-06-01'") | Should -Be '0'
    }

    It 'the pipeline task builds, switches and undoes in three processes' {
        $world = New-Events pipeline
        $connection = "`$env:ETLTABLEOPS_CONNECTION = '$($world.Text)'"
        $build = Invoke-Example $connection "'$examples/PipelineTask.ps1' -Stage Build"
        $build.Code | Should -Be 0 -Because $build.Out
        $switch = Invoke-Example $connection "'$examples/PipelineTask.ps1' -Stage Switch"
        $switch.Code | Should -Be 0 -Because $switch.Out
        [EtlTableOpsTests.Side]::Rows($world.Connection, "SELECT count(*) FROM allevents WHERE amount_band = 'large'") | Should -Be '201'
        $undo = Invoke-Example $connection "'$examples/PipelineTask.ps1' -Stage Undo"
        $undo.Code | Should -Be 0 -Because $undo.Out
        { [EtlTableOpsTests.Side]::Rows($world.Connection, 'SELECT amount_band FROM allevents') } | Should -Throw
    }

    It 'the pipeline task tells Azure DevOps what went wrong' {
        $world = New-Events refused
        $run = Invoke-Example "`$env:TF_BUILD = 'True'; `$env:ETLTABLEOPS_CONNECTION = '$($world.Text)'" "'$examples/PipelineTask.ps1' -Stage Switch"
        $run.Code | Should -Be 1
        $run.Out | Should -Match '##vso\[task\.logissue type=error\].*no shadow table'
    }

    It 'the interactive session runs as a whole' {
        $world = New-Events interactive
        $run = Invoke-Example '' "'$examples/Interactive.ps1' -Connection '$($world.Text)'"
        $run.Code | Should -Be 0 -Because $run.Out
        $run.Out | Should -Match 'Undo'
        [EtlTableOpsTests.Side]::Rows($world.Connection, 'SELECT count(*) FROM allevents') | Should -Be '300'
    }
}
