BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $ConfirmPreference = 'None'

    # Runs a script in a pipeline of its own, stops it as Ctrl+C does once the condition holds, and says how long the stop took.
    function Stop-InTheMiddle {
        param([string] $Script, [hashtable] $With, [scriptblock] $When)
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("param(`$With, `$module) Import-Module `$module; `$ConfirmPreference = 'None'; $Script").AddArgument($With).AddArgument($script:ModulePath)
            $running = $shell.BeginInvoke()
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            while (-not (& $When $shell) -and -not $running.IsCompleted -and $clock.Elapsed.TotalSeconds -lt 30) { Start-Sleep -Milliseconds 5 }
            $finished = $running.IsCompleted
            $clock.Restart()
            $shell.Stop()
            [pscustomobject]@{ Finished = $finished; Took = $clock.Elapsed; State = "$($shell.InvocationStateInfo.State)"; Errors = @($shell.Streams.Error) }
        } finally { $shell.Dispose() }
    }
}

Describe 'Trust on <_>' -ForEach 'sqlite', 'postgresql' {
    BeforeAll {
        $engine = $_
    }

    BeforeEach {
        if ($engine -eq 'postgresql' -and -not $env:ETLTABLEOPS_TEST_POSTGRES) { Set-ItResult -Skipped -Because 'ETLTABLEOPS_TEST_POSTGRES is not set' }
        $world = New-World $engine
    }

    It 'promise 10: -WhatIf of every changing command shows statements and writes nothing' {
        Set-Content "$TestDrive/what.csv" "event_id,event_type`n3001,a"
        function Test-Rehearsal([scriptblock] $Command, [switch] $NoStatement) {
            $before = Get-Fingerprint $world
            $out = & $Command -WhatIf -ErrorAction Stop 6>&1
            $shown = @($out | Where-Object { $_ -is [System.Management.Automation.InformationRecord] })
            $out | Where-Object { $_ -isnot [System.Management.Automation.InformationRecord] } | Should -BeNullOrEmpty
            if (-not $NoStatement) { @($shown | Where-Object Tags -Contains 'EtlTableOps.PlanStatement').Count | Should -BeGreaterThan 0 -Because "$Command" }
            @($shown | Where-Object Tags -Contains 'EtlTableOps.PlanNote').Count | Should -BeGreaterThan 0
            Get-Fingerprint $world | Should -Be $before -Because "$Command"
        }
        Test-Rehearsal { New-ShadowTable $world.Table -AddColumn "day text = 'x'" @args }
        $null = New-ShadowTable $world.Table
        Test-Rehearsal { New-ShadowTable $world.Table -Force @args }
        Test-Rehearsal { Import-ShadowTable $world.Table -Path "$TestDrive/what.csv" @args } -NoStatement
        Test-Rehearsal { Import-ShadowTable $world.Table -Query "SELECT 77 AS event_id, 'a' AS event_type" @args }
        Test-Rehearsal { @{ event_id = 1; event_type = 'a' } | Import-ShadowTable $world.Table @args } -NoStatement
        Test-Rehearsal { Sync-ShadowTable $world.Table @args }
        Test-Rehearsal { Test-ShadowTable $world.Table @args }
        Test-Rehearsal { Remove-ShadowTable $world.Table @args }
        $null = Test-ShadowTable $world.Table
        Test-Rehearsal { Switch-Table $world.Table @args }
        $null = Switch-Table $world.Table
        Test-Rehearsal { Undo-TableSwap $world.Table @args }
        Test-Rehearsal { Remove-TableVersion $world.Table -Keep 0 @args }
        Test-Rehearsal { Repair-TableSwap $world.Table @args } -NoStatement
    }

    It 'promise 10: what -WhatIf shows is what is run' {
        $null = New-ShadowTable $world.Table -Where 'amount > 50' | Test-ShadowTable
        Switch-Table $world.Table -WhatIf -InformationVariable shown 6> $null
        $null = Switch-Table $world.Table
        # A version is named after the second in which its switch is prepared.
        $plain = { $args[0] -replace '_old_\d{8}[tT]\d{6}[zZ]', '_old_' -replace '\s+', ' ' }
        $run = & $plain ((Get-TableSwap $world.Table -Statements).Lines.Where{ $_.Operation -eq 'switch' }.Statements -join "`n")
        # Of the lock only the try that succeeds runs, and nothing is brought over when nothing was written: both are shown and may not run.
        $step = ''
        $statements = @(foreach ($record in $shown | Where-Object { $_.Tags -match '^EtlTableOps' }) {
            $text = $record.MessageData.Message
            if ($record.Tags -contains 'EtlTableOps.PlanStatement') { if ($step -notin 'lock', 'drain') { $text } }
            elseif ($text -match '-- \d+\. ([\w-]+):') { $step = $Matches[1] }
        })
        $statements.Count | Should -BeGreaterThan 1
        foreach ($statement in $statements) {
            $text = & $plain $statement.TrimEnd(';')
            $run.Contains($text) | Should -BeTrue -Because "$text should be among`n$run"
        }
    }

    It 'does nothing when the answer is no' {
        $null = New-ShadowTable $world.Table | Test-ShadowTable
        $before = Get-Fingerprint $world
        # A host that always answers with what it is told, as a person at the prompt.
        $answer = 'n' | & ([Environment]::ProcessPath) -NoProfile -Command "Import-Module '$script:ModulePath'; `$null = Connect-EtlDatabase '$($world.Text)'; Switch-Table '$($world.Table)'" 2>&1 | Out-String
        $answer | Should -Match '\[Y\] Yes'
        Get-Fingerprint $world | Should -Be $before
        'y' | & ([Environment]::ProcessPath) -NoProfile -Command "Import-Module '$script:ModulePath'; `$null = Connect-EtlDatabase '$($world.Text)'; Switch-Table '$($world.Table)'" 2>&1 | Out-Null
        "$((Get-TableSwap $world.Table).State)" | Should -Be 'Switched'
    }

    It 'a first result taken downstream leaves no work behind' {
        $first = 1..3 | ForEach-Object {
            Invoke-Side $world "CREATE TABLE $($world.Prefix)t$_ (id integer PRIMARY KEY)"
            "$($world.Prefix)t$_"
        } | New-ShadowTable | Select-Object -First 1
        $first.Table | Should -BeLike '*t1'
        # The first one is whole, the others were not begun.
        (Get-TableSwap | ForEach-Object { "$($_.Table) $($_.State)" }) -like "$($world.Prefix)t[123] *" | Should -HaveCount 1
        $first | Test-ShadowTable -Quiet | Should -BeTrue
    }

    It 'Ctrl+C in a build ends at once, leaves the live table whole and is cleaned up by Repair-TableSwap' {
        Invoke-Side $world "CREATE TABLE $($world.Prefix)big (id integer PRIMARY KEY, pad text)"
        Invoke-Side $world "INSERT INTO $($world.Prefix)big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' FROM n"
        $slow = "pad = (SELECT max(x) FROM (SELECT pad || big.id AS x UNION ALL SELECT pad UNION ALL SELECT pad || 'a') AS s)" -replace 'big.id', 'id'
        $stopped = Stop-InTheMiddle -With @{ Db = $world.Connection; Table = "$($world.Prefix)big" } -Script "`$With.Db | Out-Null; New-ShadowTable `$With.Table -Connection `$With.Db -AddColumn 'other text = $($slow.Substring(6).Replace("'", "''"))' -Verbose" -When {
            param($shell) @($shell.Streams.Verbose | Where-Object Message -Like '*Load*').Count -gt 0
        }
        $stopped.Finished | Should -BeFalse
        $stopped.State | Should -Be 'Stopped'
        $stopped.Took.TotalSeconds | Should -BeLessThan 3
        Get-Side $world "SELECT count(*) FROM $($world.Prefix)big" | Should -Be '300000'
        # A stop that still reaches the builder lets it clean up by itself; then the repair finds nothing to do.
        $null = Repair-TableSwap "$($world.Prefix)big"
        (Get-TableSwap "$($world.Prefix)big").State | ForEach-Object { "$_" } | Should -Be 'Abandoned'
        { Get-Side $world "SELECT 1 FROM $($world.Prefix)big_new" } | Should -Throw
        $null = New-ShadowTable "$($world.Prefix)big" -Structure
    }

    It 'Ctrl+C in an import keeps nothing of it' {
        $null = New-ShadowTable $world.Table
        $stopped = Stop-InTheMiddle -With @{ Db = $world.Connection; Table = $world.Table } -Script @'
            $i = 10000; & { while ($true) { $i++; [pscustomobject]@{ event_id = $i; event_type = 'a' } ; if ($i -eq 15000) { Write-Warning 'on the way' } } } | Import-ShadowTable $With.Table -Connection $With.Db
'@ -When { param($shell) $shell.Streams.Warning.Count -gt 0 }
        $stopped.State | Should -Be 'Stopped'
        $stopped.Took.TotalSeconds | Should -BeLessThan 5
        Get-Side $world "SELECT count(*) FROM $($world.Shadow)" | Should -Be '20'
        (1..10 | ForEach-Object { @{ event_id = 500 + $_; event_type = 'b' } } | Import-ShadowTable $world.Table).RowsDone | Should -Be 10
    }

    It 'an upstream failure in an import keeps nothing of it and leaves no transaction' {
        $null = New-ShadowTable $world.Table
        { & { 1..5000 | ForEach-Object { @{ event_id = 7000 + $_; event_type = 'b' } }; throw 'the source broke' } | Import-ShadowTable $world.Table } | Should -Throw 'the source broke'
        Get-Side $world "SELECT count(*) FROM $($world.Shadow)" | Should -Be '20'
        Invoke-Side $world "INSERT INTO $($world.Table) (event_id, event_type) VALUES (950, 'goes on')"
    }

    It 'works in parallel runspaces with one passed connection' {
        $tables = 1..4 | ForEach-Object {
            Invoke-Side $world "CREATE TABLE $($world.Prefix)p$_ (id integer PRIMARY KEY, v text)"
            Invoke-Side $world "INSERT INTO $($world.Prefix)p$_ VALUES (1, 'a'), (2, 'b')"
            "$($world.Prefix)p$_"
        }
        $db = $world.Connection; $module = $script:ModulePath
        $done = $tables | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:module
            # Engines with one writer make each other wait; that is theirs to bear, not to fail on.
            New-ShadowTable $_ -Connection $using:db -Where 'id = 1' -ErrorAction Stop | Test-ShadowTable -ErrorAction Stop | Switch-Table -Confirm:$false -ErrorAction Stop
        }
        ($done | Sort-Object Table).State | ForEach-Object { "$_" } | Should -Be (@('Switched') * 4)
        foreach ($table in $tables) { Get-Side $world "SELECT count(*) FROM $table" | Should -Be '1' }
    }

    It 'a connection belongs to its runspace' {
        $null = Connect-EtlDatabase $world.Connection
        $seen = 1 | ForEach-Object -Parallel { Import-Module $using:script:ModulePath; @(Get-EtlDatabase).Count }
        $seen | Should -Be 0
        @(Get-EtlDatabase).Count | Should -BeGreaterThan 0
    }

    It 'completes from what this session has seen, and asks no server' {
        $null = New-ShadowTable $world.Table | Test-ShadowTable | Switch-Table
        $line = "Test-ShadowTable $($world.Table.Substring(0, $world.Table.Length - 2))"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $world.Table
        $line = 'Undo-TableSwap t -To '
        (TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -Contain (Get-TableVersion $world.Table).Version
        $line = 'Get-TableSwap -Connection '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $world.Connection.Name
    }
}

Describe 'Connections' {
    BeforeEach {
        Get-EtlDatabase | Disconnect-EtlDatabase
    }

    It 'start from the location of PowerShell, not of the process' {
        $null = New-Item -ItemType Directory "$TestDrive/here" -Force
        Push-Location "$TestDrive/here"
        try { $null = Connect-EtlDatabase 'sqlite:Data Source=relative.db;Mode=ReadWriteCreate' } finally { Pop-Location }
        "$TestDrive/here/relative.db" | Should -Exist
    }

    It 'are used by name, by text, by hashtable and by object; the last one is the default' {
        $one = Connect-EtlDatabase "sqlite:Data Source=$TestDrive/one.db;Mode=ReadWriteCreate" -Name one
        $two = Connect-EtlDatabase @{ Engine = 'sqlite'; 'Data Source' = "$TestDrive/two.db"; Mode = 'ReadWriteCreate'; Name = 'two' }
        (Get-EtlDatabase).Name | Should -Be 'two', 'one'
        foreach ($db in $one, $two) { $null = [EtlTableOpsTests.Side]::Run($db, "CREATE TABLE in_$($db.Name) (id integer PRIMARY KEY)") }
        (New-ShadowTable in_two).Connection | Should -Be $two
        foreach ($given in $one, 'one', "sqlite:$TestDrive/one.db", @{ Connection = "sqlite:$TestDrive/one.db" }) {
            (New-ShadowTable in_one -Connection $given -Force).Table | Should -Be 'in_one'
        }
        Disconnect-EtlDatabase two
        (Get-EtlDatabase).Name | Should -Be 'one'
        (Get-TableSwap).Table | Should -Contain 'in_one'
        Disconnect-EtlDatabase -All
        Get-EtlDatabase | Should -BeNullOrEmpty
    }

    It 'that fail leave the sessions as they were' {
        $null = Connect-EtlDatabase "sqlite:Data Source=$TestDrive/kept.db;Mode=ReadWriteCreate" -Name kept
        { Connect-EtlDatabase "sqlite:$TestDrive/no/such/file.db" } | Should -Throw -ErrorId 'ConnectionFailed,*'
        (Get-EtlDatabase).Name | Should -Be 'kept'
        Get-TableSwap | Should -BeNullOrEmpty
    }

    It 'promise 12: no secret is shown, in whatever way it was given' {
        $secret = 'S3cret word!'
        $credential = [pscredential]::new('etl_nobody', (ConvertTo-SecureString $secret -AsPlainText -Force))
        $where = if ($env:ETLTABLEOPS_TEST_POSTGRES -match 'Host=([^;]+);.*Port=(\d+)') { "$($Matches[1]):$($Matches[2])" } elseif ($env:ETLTABLEOPS_TEST_POSTGRES -match '@([^/]+)/') { $Matches[1] } else { '127.0.0.1:1' }
        $tries = @(
            { Connect-EtlDatabase "postgresql://$where/none" -Credential $credential -Verbose -Debug }
            { Connect-EtlDatabase "postgresql://etl_nobody:$([uri]::EscapeDataString($secret))@$where/none" -Verbose -Debug }
            { Connect-EtlDatabase @{ Connection = "postgresql://$where/none"; UserName = 'etl_nobody'; Password = $secret } -Verbose -Debug }
            { Connect-EtlDatabase "postgresql:Host=127.0.0.1;Port=nonsense;Password=$secret" -Verbose -Debug }
        )
        foreach ($try in $tries) {
            $Error.Clear()
            $shown = try { & $try *>&1 | Out-String } catch { $_ | Format-List * -Force | Out-String }
            $all = $shown + ($Error | ForEach-Object { $_ | Format-List * -Force | Out-String; $_.Exception | Format-List * -Force | Out-String; "$($_.Exception)" } | Out-String)
            $all | Should -Not -BeNullOrEmpty
            # The script's own line is shown by PowerShell; ours must add nothing to it.
            $all | Should -Not -BeLike "*$secret*"
            $all | Should -Not -BeLike "*$([uri]::EscapeDataString($secret))*"
        }
    }
}

Describe 'Results' {
    BeforeAll {
        $world = New-World sqlite
        $shadow = New-ShadowTable $world.Table -Where 'amount > 50'
        $result = $shadow | Test-ShadowTable
    }

    It 'look as tables and lists that fit in 80 columns' {
        foreach ($thing in $shadow, $result, (Get-TableSwap), $world.Connection) {
            $text = $thing | Out-String -Width 80
            $text | Should -Not -BeLike '*System.*'
            $text -split "`n" | ForEach-Object Length | Measure-Object -Maximum | ForEach-Object Maximum | Should -BeLessOrEqual 82
        }
        $result | Out-String | Should -BeLike '*✓*Passed*may go live*'
        $shadow | Format-List | Out-String | Should -BeLike '*keep rows where amount > 50*'
    }

    It 'name the failed check and both sides' {
        Invoke-Side $world "DELETE FROM $($world.Shadow) WHERE event_id = 7"
        Test-ShadowTable $world.Table | Out-String | Should -BeLike '*✗*expected*found*Failed*may not go live*'
    }

    It 'go to CSV in one line each' {
        (Get-TableSwap | Select-Object SwapId, Table, Change | ConvertTo-Csv)[1] | Should -BeLike '*keep rows where amount > 50*'
    }
}
