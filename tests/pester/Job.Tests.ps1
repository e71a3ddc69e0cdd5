BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $ConfirmPreference = 'None'
}

Describe 'The job on <_>' -ForEach 'sqlite', 'postgresql', 'snowflake' {
    BeforeAll {
        $engine = $_
    }

    BeforeEach {
        if ($engine -eq 'postgresql' -and -not $env:ETLTABLEOPS_TEST_POSTGRES) { Set-ItResult -Skipped -Because 'ETLTABLEOPS_TEST_POSTGRES is not set' }
        if ($engine -eq 'snowflake' -and -not $env:ETLTABLEOPS_TEST_SNOWFLAKE) { Set-ItResult -Skipped -Because 'ETLTABLEOPS_TEST_SNOWFLAKE is not set' }
        $world = New-World $engine
    }

    It 'runs as one pipeline, and goes back with one command' {
        $before = Get-Side $world "SELECT * FROM $($world.Table) ORDER BY 1"
        $swap = New-ShadowTable $world.Table -AddColumn "band text = CASE WHEN amount >= 100 THEN 'high' ELSE 'low' END" -Where 'amount > 50' |
            Test-ShadowTable | Switch-Table
        $swap | Should -BeOfType EtlTableOps.TableSwap
        "$($swap.State)" | Should -Be 'Switched'
        $swap.Stall.Tries | Should -BeGreaterOrEqual 1
        $swap.Differences | Should -BeNullOrEmpty
        Get-Side $world "SELECT count(*), min(amount), count(band) FROM $($world.Table)" | Should -Be '15|60|15'
        Get-Side $world "SELECT count(*) FROM $($world.Prefix)recent_events" | Should -Be '15'

        $back = $swap | Undo-TableSwap
        "$($back.Operation)" | Should -Be 'Undo'
        Get-Side $world "SELECT * FROM $($world.Table) ORDER BY 1" | Should -Be $before
    }

    It 'goes on in another session, because the journal carries the proof' {
        $null = New-ShadowTable $world.Table -DropColumn country
        $module = $script:ModulePath; $text = $world.Text; $table = $world.Table
        foreach ($stage in "if (-not (Test-ShadowTable '$table' -Quiet)) { throw 'refuted' }", "Switch-Table '$table' -Confirm:`$false") {
            $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; Import-Module '$module'; `$null = Connect-EtlDatabase '$text'; $stage" 2>&1 | Out-String
            $LASTEXITCODE | Should -Be 0 -Because $out
        }
        { Get-Side $world "SELECT country FROM $table" } | Should -Throw
        "$((Get-TableSwap $table).State)" | Should -Be 'Switched'
    }

    It 'imports from a file in the middle of the pipeline' {
        Set-Content "$TestDrive/more.csv" "event_id,event_type,country,amount`n1001,click,,5`n1002,""a, `"`"quoted`"`" one"",XX,7"
        $shadow = New-ShadowTable $world.Table | Import-ShadowTable -Path "$TestDrive/more.csv"
        $shadow.RowsImported | Should -Be 2
        $shadow | Test-ShadowTable | Switch-Table | Should -Not -BeNullOrEmpty
        Get-Side $world "SELECT event_id, event_type, country, amount FROM $($world.Table) WHERE event_id > 1000 ORDER BY 1" | Should -Be '1001|click|null|5', '1002|a, "quoted" one|XX|7'
    }

    It 'imports several files, by wildcard and relative to the location' {
        $null = New-Item -ItemType Directory "$TestDrive/in-$($world.Shadow)"
        Push-Location "$TestDrive/in-$($world.Shadow)"
        try {
            Set-Content a.csv "event_id;event_type`n1;new" -NoNewline
            Set-Content b.csv "event_id;event_type`n2;new`n3;new"
            $null = New-ShadowTable $world.Table -Structure
            (Import-ShadowTable $world.Table -Path *.csv -Delimiter ';').RowsDone | Should -Be 3
        } finally { Pop-Location }
        Get-Side $world "SELECT count(*) FROM $($world.Shadow)" | Should -Be '3'
    }

    It 'imports objects from the pipeline' {
        $null = New-ShadowTable $world.Table
        $shadow = 1..3000 | ForEach-Object { [pscustomobject]@{ event_id = 5000 + $_; event_type = "t$_"; amount = $(if ($_ % 2) { $_ }) } } |
            Import-ShadowTable $world.Table
        $shadow.RowsDone | Should -Be 3000
        Get-Side $world "SELECT count(*), count(amount), max(event_type) FROM $($world.Shadow) WHERE event_id > 5000" | Should -Be '3000|1500|t999'
        Test-ShadowTable $world.Table -Quiet | Should -BeTrue
    }

    It 'imports hashtables, and rows of another table and of a query' {
        $null = New-ShadowTable $world.Table -Structure
        @{ event_id = 1; event_type = 'one' }, @{ event_id = 2; event_type = 'two' } | Import-ShadowTable $world.Table | Out-Null
        Invoke-Side $world "CREATE TABLE $($world.Prefix)others (event_id integer, event_type text)"
        Invoke-Side $world "INSERT INTO $($world.Prefix)others VALUES (3, 'three')"
        (Import-ShadowTable $world.Table -FromTable "$($world.Prefix)others").RowsDone | Should -Be 1
        (Import-ShadowTable $world.Table -Query "SELECT event_id + 1 AS event_id, 'four' AS event_type FROM $($world.Prefix)others").RowsDone | Should -Be 1
        Get-Side $world "SELECT event_type FROM $($world.Shadow) ORDER BY event_id" | Should -Be 'one', 'two', 'three', 'four'
    }

    It 'keeps nothing of an import with a bad row, and names the place' {
        $null = New-ShadowTable $world.Table
        Set-Content "$TestDrive/bad.csv" "event_id,event_type,amount`n2001,click,1`n2002,click,many"
        Import-ShadowTable $world.Table -Path "$TestDrive/bad.csv" -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BadRow,*'
        $problem[0].Exception.Message | Should -BeLike '*bad.csv, line 3, column amount*many*'
        { [pscustomobject]@{ event_id = 2001; event_type = 'a' }, [pscustomobject]@{ event_id = 2002; event_type = 'a'; amount = @(1, 2) } | Import-ShadowTable $world.Table } |
            Should -Throw '*first object has no such property*'
        { 1..5000 | ForEach-Object { @{ event_id = 3000 + $_; event_type = 'a'; amount = $(if ($_ -eq 4000) { 'x' } else { 1 }) } } | Import-ShadowTable $world.Table } |
            Should -Throw -ErrorId 'BadRow,*'
        Get-Side $world "SELECT count(*) FROM $($world.Shadow)" | Should -Be '20'
    }

    It 'says of Parquet, a stage and a former state that this database has none' {
        if ($engine -eq 'snowflake') { Set-ItResult -Skipped -Because 'Snowflake has them' }
        Set-Content "$TestDrive/rows.parquet" 'PAR1'
        $null = New-ShadowTable $world.Table
        { Import-ShadowTable $world.Table -Path "$TestDrive/rows.parquet" -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupported,*'
        { Import-ShadowTable $world.Table -FromStage '@landing/2026/' -FileFormat PARQUET -Pattern '.*' -Header event_id -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupported,*'
        { New-ShadowTable $world.Table -At 2h -Feed None -Force -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupported,*'
        { New-ShadowTable $world.Table -Before (Get-Date).AddHours(-1) -Feed None -Force -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupported,*'
        { New-ShadowTable $world.Table -At ([datetime] '2026-01-01') -Feed None } | Should -Throw '*no zone*'
        { New-ShadowTable $world.Table -At 2h -Before 3h -Feed None -ErrorAction Stop } | Should -Throw '*two moments*'
    }

    It 'takes nothing for rows that has no columns' {
        $null = New-ShadowTable $world.Table
        { 1..3 | Import-ShadowTable $world.Table } | Should -Throw '*plain value*'
        @() | Import-ShadowTable $world.Table -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].Exception.Message | Should -BeLike 'No rows came*'
    }

    It 'brings later writes over' {
        $feed = if ($engine -eq 'snowflake') { 'ChangeTracking' } else { 'TriggerLog' }
        $shadow = New-ShadowTable $world.Table -Feed $feed
        "$($shadow.Feed)" | Should -Be $feed
        Invoke-Side $world "INSERT INTO $($world.Table) VALUES (900, 'late', NULL, 1, 1)"
        Invoke-Side $world "DELETE FROM $($world.Table) WHERE event_id = 1"
        $synced = $shadow | Sync-ShadowTable
        $synced.RowsDone | Should -Be 2
        $synced.Lag | Should -Be 0
        Get-Side $world "SELECT count(*), max(event_id), min(event_id) FROM $($world.Shadow)" | Should -Be '20|900|2'
    }

    It 'gives way to a load that a script or a statement tells' {
        $null = New-ShadowTable $world.Table
        Invoke-Side $world "DELETE FROM $($world.Table) WHERE event_id = 1"
        $script:asked = 0
        $synced = Sync-ShadowTable $world.Table -MaxLoad 5 -LoadQuery { $script:asked++; if ($script:asked -lt 3) { 10 } else { 5.0 } }
        $script:asked | Should -BeGreaterOrEqual 3
        $synced.RowsDone | Should -Be 1
        $synced.LagTime | Should -Be ([timespan]::Zero)
        Invoke-Side $world "DELETE FROM $($world.Table) WHERE event_id = 2"
        { Sync-ShadowTable $world.Table -MaxLoad 5 -LoadQuery { 'much' } -ErrorAction Stop } | Should -Throw -ErrorId 'BadInput,*'
        { Sync-ShadowTable $world.Table -MaxLoad 5 -LoadQuery { throw 'no idea' } -ErrorAction Stop } | Should -Throw '*no idea*'
        { Sync-ShadowTable $world.Table -MaxLoad 5 -LoadQuery 7 -ErrorAction Stop } | Should -Throw -ErrorId 'BadInput,*'
        { Sync-ShadowTable $world.Table -MaxLoad 5 -ErrorAction Stop } | Should -Throw -ErrorId 'BadInput,*'
        (Sync-ShadowTable $world.Table -MaxLoad 5 -LoadQuery 'SELECT 1').RowsDone | Should -Be 1
    }

    It 'follows by a column where the engine can, and refuses where not' {
        Invoke-Side $world "CREATE TABLE visits (visit_id integer NOT NULL PRIMARY KEY, seen timestamp NOT NULL)"
        Invoke-Side $world "INSERT INTO visits VALUES (1, '2026-01-01 00:00:00'), (2, '2026-01-02 00:00:00')"
        if ($engine -eq 'snowflake') {
            { New-ShadowTable visits -Feed Column -FeedColumn seen -ErrorAction Stop } | Should -Throw -ErrorId 'FeedNotPossible,*'
            return
        }
        { New-ShadowTable visits -Feed Column -ErrorAction Stop } | Should -Throw -ErrorId 'BadInput,*'
        $shadow = New-ShadowTable visits -Feed Column -FeedColumn seen -FeedOverlap 5s
        "$($shadow.Feed)" | Should -Be 'Column'
        Invoke-Side $world "INSERT INTO visits VALUES (3, '2026-01-03 00:00:00')"
        $synced = $shadow | Sync-ShadowTable
        $synced.LagTime | Should -BeGreaterOrEqual ([timespan] '00:00:05')
        ($shadow | Test-ShadowTable).Passed | Should -BeTrue
        Switch-Table visits -Confirm:$false | Should -Not -BeNullOrEmpty
        Get-Side $world 'SELECT count(*) FROM visits' | Should -Be '3'
    }

    It 'refuses a way of exchange that the engine does not have' {
        if ($engine -eq 'snowflake') { Set-ItResult -Skipped -Because 'Snowflake has both' }
        { New-ShadowTable $world.Table -Method Overwrite } | Should -Throw -ErrorId 'NotSupported,*'
        $null = New-ShadowTable $world.Table -Method Swap | Test-ShadowTable
        { Switch-Table $world.Table -Method Overwrite -Confirm:$false } | Should -Throw -ErrorId 'NotSupported,*'
    }

    It 'takes every kind of declared change' {
        $null = New-ShadowTable $world.Table -AddColumn 'a text = country', @{ Name = 'b'; Type = 'integer'; Expression = 'amount + 1' } -DropColumn country `
            -SetColumn ([ordered]@{ event_type = 'upper(event_type)' }) -AlterColumn @{ ratio = 'numeric' } -ShadowName next_events
        Get-Side $world "SELECT event_type, ratio, a, b FROM $($world.Prefix)next_events WHERE event_id = 1" | Should -Be 'VIEW|7|C1|11'
        $result = Test-ShadowTable $world.Table
        $result.Passed | Should -BeTrue -Because ($result | Out-String)
        $null = New-ShadowTable $world.Table -Query "SELECT event_id, event_type, country, amount, ratio FROM $($world.Table) WHERE event_id <= 7" -Force
        Get-Side $world "SELECT count(*) FROM $($world.Shadow)" | Should -Be '7'
    }

    It 'writes what a test found into files, by their ending and relative to the location' {
        $null = New-ShadowTable $world.Table -SetColumn 'amount = amount * 100'
        $null = New-Item -ItemType Directory "$TestDrive/report-$($world.Shadow)"
        Push-Location "$TestDrive/report-$($world.Shadow)"
        try {
            $result = Test-ShadowTable $world.Table -Distribution -ReportPath a.html, ./b.xml, c.md, d.json
            $result.Passed | Should -BeTrue
            (Get-Content a.html -Raw) | Should -BeLike '*<strong>Passed</strong>*'
            ([xml](Get-Content b.xml -Raw)).testsuites.failures | Should -Be '0'
            (Get-Content c.md -First 1) | Should -BeLike '*Passed*'
            (Get-Content d.json -Raw | ConvertFrom-Json).schema | Should -Be 'etltableops-report/1'
            (Get-ChildItem).Count | Should -Be 4
            $amount = $result.Distributions | Where-Object Column -EQ 'amount'
            "$($amount.Level)" | Should -Be 'Alarm'
            ($result | Out-String) | Should -BeLike '*amount*alarm*'

            Test-ShadowTable $world.Table -ReportPath e.pdf -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'BadInput,*'
            Test-ShadowTable $world.Table -ReportPath Env:/e.html -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'BadInput,*'
            $last = Test-ShadowTable $world.Table -DistributionAgainst Last -ErrorVariable problem -ErrorAction SilentlyContinue
            $last | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'BadInput,*'
            $null = Compare-Table $world.Table $world.Shadow -ReportPath e.html
            (Get-Content e.html -Raw) | Should -BeLike '*<strong>Failed</strong>*'
            Remove-Item e.html
            [pscustomobject]@{ Table = $world.Table } | Test-ShadowTable -ReportPath { "of-$($_.Table.Split('.')[-1]).json" } -WhatIf 6> $null
            (Get-ChildItem).Count | Should -Be 4
        } finally { Pop-Location }
    }

    It 'refuses to switch what a test refuted' {
        $shadow = New-ShadowTable $world.Table
        Invoke-Side $world "UPDATE $($world.Shadow) SET amount = 1 WHERE event_id = 3"
        $result = $shadow | Test-ShadowTable
        $result.Passed | Should -BeFalse
        ($result.Checks | Where-Object { -not $_.Passed }).Count | Should -BeGreaterThan 0
        $shadow | Test-ShadowTable -Quiet | Should -BeFalse
        $result | Switch-Table -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -Match '^(NotProven|WrongState|TestFailed|ShadowChanged),'
        $problem[0].TargetObject | Should -Be $result.Table
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'takes checks as texts, as hashtables, as objects and from files' {
        $null = New-ShadowTable $world.Table
        $result = Test-ShadowTable $world.Table -Check 'not_null(event_id)', @{ range = @{ min = 0 }; column = 'event_id'; name = 'ids' }, ([pscustomobject] @{ unique = 'event_id', 'event_type' }),
            @{ Accepted_Values = 'nothing'; column = 'event_type'; severity = 'warn' }, ([EtlTableOps.Checks.Custom.CheckDefinition]::new('RowCount'))
        $result.Passed | Should -BeTrue -Because ($result | Out-String)
        $own = @($result.Checks | Where-Object Custom)
        $own.Name | Should -Be 'not_null(event_id)', 'ids', 'unique(event_id, event_type)', 'accepted_values(event_type)', 'row_count'
        $own.Warned | Should -Be $false, $false, $false, $true, $false
        $result | Out-String | Should -Match '1 warning'
        $file = Join-Path $TestDrive 'checks.yml'
        Set-Content $file "checks:`n- name: some_model`n  columns:`n  - name: event_id`n    tests: [unique, not_null]`n  tests:`n  - expression: event_id < 0"
        $failed = Test-ShadowTable $world.Table -CheckFile (Join-Path $TestDrive 'ch*.yml') -Model SOME_MODEL
        $failed.Passed | Should -BeFalse
        ($failed.Checks | Where-Object { -not $_.Passed }).DefinedAt | Should -Be 'checks.yml:7'
        $failed | Out-String | Should -Match 'defined  checks\.yml:7'
        Test-ShadowTable $world.Table -CheckFile $file -Model some_model -Quiet | Should -BeFalse
        { Test-ShadowTable $world.Table -CheckFile $file -ErrorAction Stop } | Should -Throw -ErrorId 'BadInput,*'
        { Test-ShadowTable $world.Table -Check 'not_null(nobody)' -ErrorAction Stop } | Should -Throw '*not_null(nobody)*nobody*'
        { Test-ShadowTable $world.Table -Check @{ nonsense = 1 } } | Should -Throw '*nonsense*Known*'
    }

    It 'keeps rows written since when it goes back' {
        $null = New-ShadowTable $world.Table | Test-ShadowTable | Switch-Table
        Invoke-Side $world "INSERT INTO $($world.Table) VALUES (901, 'since', NULL, 1, 1), (902, 'since', NULL, 1, 1)"
        if ($engine -eq 'snowflake') {
            { Undo-TableSwap $world.Table -ErrorAction Stop } | Should -Throw '2 rows*no way to bring them along*'
            return
        }
        $undo = Undo-TableSwap $world.Table
        $undo.RowsKept | Should -Be 2
        $undo.RowsLeftBehind | Should -Be 0
        Get-Side $world "SELECT count(*) FROM $($world.Table)" | Should -Be '22'
    }

    It 'refuses to leave behind rows that the former table cannot hold, with their count, unless forced' {
        $null = New-ShadowTable $world.Table -SetColumn 'amount = amount * 100' | Test-ShadowTable | Switch-Table
        Invoke-Side $world "INSERT INTO $($world.Table) VALUES (901, 'since', NULL, 1, 1), (902, 'since', NULL, 1, 1)"
        Undo-TableSwap $world.Table -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'RowsWrittenSince,*'
        $problem[0].Exception.Message | Should -BeLike $(if ($engine -eq 'snowflake') { '2 rows*' } else { '2 rows*amount is computed*' })
        $forced = Undo-TableSwap $world.Table -Force
        $forced.RowsLeftBehind | Should -Be 2
        if ($engine -ne 'snowflake') { Get-Side $world "SELECT count(*) FROM $($forced.LeftBehindIn)" | Should -Be '2' }
        Get-Side $world "SELECT count(*) FROM $($world.Table)" | Should -Be '20'
    }

    It 'lists versions and drops all but the newest, and only with -Keep or one that is named' {
        foreach ($i in 1..3) { $null = New-ShadowTable $world.Table | Test-ShadowTable | Switch-Table }
        $versions = Get-TableVersion $world.Table
        $versions.Count | Should -Be 3
        ($versions[0] | Remove-TableVersion).Removed | Should -BeTrue
        (Remove-TableVersion $world.Table -Keep 1).Count | Should -Be 1
        (Get-TableVersion $world.Table).Version | Should -Be $versions[1].Version
    }

    It 'goes back to an older version that is piped in' {
        $null = New-ShadowTable $world.Table -Where 'event_id <= 10' | Test-ShadowTable | Switch-Table
        $null = New-ShadowTable $world.Table -Where 'event_id <= 5' | Test-ShadowTable | Switch-Table
        Get-TableVersion $world.Table | Select-Object -Last 1 | Undo-TableSwap | Out-Null
        Get-Side $world "SELECT count(*) FROM $($world.Table)" | Should -Be '20'
    }

    It 'keeps a journal that says what was run' {
        $swap = New-ShadowTable $world.Table | Test-ShadowTable | Switch-Table
        $found = Get-TableSwap $world.Table -Statements
        $found.SwapId | Should -Be $swap.SwapId
        $found.Lines.Count | Should -BeGreaterThan 2
        $found.Lines.Statements -join ' ' | Should -BeLike '*CREATE*'
        (Get-TableSwap -SwapId $swap.SwapId).Table | Should -Be $found.Table
        Get-TableSwap $world.Table | Select-Object -First 1 | Should -Not -BeNullOrEmpty
    }

    It 'abandons a shadow and leaves nothing of it' {
        $before = if ($engine -eq 'sqlite') { Get-Side $world "SELECT name FROM sqlite_master WHERE name NOT LIKE '%etltableops_journal%' AND name NOT LIKE 'sqlite_stat%' ORDER BY 1" }
        $shadow = New-ShadowTable $world.Table
        $shadow | Remove-ShadowTable | ForEach-Object { "$($_.State)" } | Should -Be 'Abandoned'
        { Get-Side $world "SELECT 1 FROM $($world.Shadow)" } | Should -Throw
        if ($engine -eq 'sqlite') { Get-Side $world "SELECT name FROM sqlite_master WHERE name NOT LIKE '%etltableops_journal%' AND name NOT LIKE 'sqlite_stat%' ORDER BY 1" | Should -Be $before }
        Remove-ShadowTable $world.Table -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'NoShadow,*'
    }

    It 'goes on with the next table when one fails' {
        Invoke-Side $world "CREATE TABLE $($world.Prefix)second (id integer PRIMARY KEY)"
        $made = "$($world.Prefix)nothing_here", "$($world.Prefix)recent_events", "$($world.Prefix)second" | New-ShadowTable -ErrorVariable problem -ErrorAction SilentlyContinue
        $made.Table | Should -BeLike '*second'
        $problem.Count | Should -Be 2
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'TableNotFound,*'
        $problem[1].FullyQualifiedErrorId | Should -BeLike 'NotATable,*'
    }
}
