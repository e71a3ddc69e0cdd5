BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $ConfirmPreference = 'None'
}

Describe 'Comparing on <_>' -ForEach 'sqlite', 'postgresql', 'snowflake' {
    BeforeAll {
        $engine = $_
    }

    BeforeEach {
        if ($engine -eq 'postgresql' -and -not $env:ETLTABLEOPS_TEST_POSTGRES) { Set-ItResult -Skipped -Because 'ETLTABLEOPS_TEST_POSTGRES is not set' }
        if ($engine -eq 'snowflake' -and -not $env:ETLTABLEOPS_TEST_SNOWFLAKE) { Set-ItResult -Skipped -Because 'ETLTABLEOPS_TEST_SNOWFLAKE is not set' }
        $world = New-World $engine
        $null = New-ShadowTable $world.Table
    }

    It 'says that equal tables are equal, and nothing else' {
        $found = Compare-Table $world.Table $world.Shadow
        $found | Should -BeOfType EtlTableOps.Checks.TableDifferences
        $found.Equal | Should -BeTrue
        $found.Verdict | Should -BeLike 'equal: 20 rows*'
        Compare-Table $world.Table $world.Shadow -Quiet | Should -BeTrue
    }

    It 'names the differing rows, as objects and to the eye' {
        Invoke-Side $world "UPDATE $($world.Shadow) SET country = 'XX' WHERE event_id = 5"
        Invoke-Side $world "DELETE FROM $($world.Shadow) WHERE event_id = 6"
        $found = Compare-Table $world.Table $world.Shadow
        "$($found.Changed) $($found.Missing) $($found.Extra)" | Should -Be '1 1 0'
        $changed = $found.Rows | Where-Object Kind -EQ 'Changed'
        $changed.Key.Value | Should -Be '5'
        $changed.Values.Actual | Should -Be 'XX'
        $shown = $found | Out-String
        $shown | Should -Match '2 rows differ: 1 changed'
        $shown | Should -Match 'XX'
        ($found.Rows | Out-String) | Should -Match 'missing'
        Compare-Table $world.Table $world.Shadow -Quiet | Should -BeFalse
        (Compare-Table $world.Table $world.Shadow -ExcludeColumn country).Total | Should -Be 1
        (Compare-Table $world.Table $world.Shadow -MaxDifferences 1).Complete | Should -BeFalse
    }

    It 'takes tolerances from a hashtable or a text, and refuses bad ones' {
        Invoke-Side $world "UPDATE $($world.Shadow) SET amount = amount + 1 WHERE event_id = 5"
        Compare-Table $world.Table $world.Shadow -Tolerance @{ amount = 1 } -Quiet | Should -BeTrue
        Compare-Table $world.Table $world.Shadow -Tolerance 'amount=0.5' -Quiet | Should -BeFalse
        { Compare-Table $world.Table $world.Shadow -Tolerance @{ amount = 'much' } } | Should -Throw '*no tolerance*'
        { Compare-Table $world.Table $world.Shadow -Tolerance @{ nonsense = 1 } -ErrorAction Stop } | Should -Throw '*no column*'
    }

    It 'compares with another connection, and takes a shadow from the pipeline' {
        $found = Compare-Table $world.Table $world.Shadow -ToConnection $world.Text
        $found.Equal | Should -BeTrue
        (New-ShadowTable $world.Table -Force | Compare-Table).Equal | Should -BeTrue
    }
}
