BeforeAll {
    . $PSScriptRoot/Setup.ps1
}

Describe 'Without a connection' {
    BeforeAll {
        Get-EtlDatabase | Disconnect-EtlDatabase
    }

    It 'a command fails with code, category, remedy and target' {
        Switch-Table sometable -ErrorVariable problem -ErrorAction SilentlyContinue -Confirm:$false
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -Be 'NoConnection,EtlTableOps.PowerShell.Commands.SwitchTableCommand'
        "$($problem[0].CategoryInfo.Category)" | Should -Be 'ConnectionError'
        $problem[0].TargetObject | Should -Be 'sometable'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*Connect-EtlDatabase*'
        "$($problem[0].Exception.Code)" | Should -Be 'NoConnection'
        $problem[0].Exception.DurableChangeMade | Should -BeFalse
    }

    It 'try and catch work with -ErrorAction Stop, and the next record goes on without it' {
        { Test-ShadowTable a -ErrorAction Stop } | Should -Throw -ErrorId 'NoConnection,*'
        'a', 'b', 'c' | Test-ShadowTable -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.TargetObject | Should -Be 'a', 'b', 'c'
    }

    It 'a text that is no connection is refused while binding' {
        { Get-TableSwap -Connection 'nothing' } | Should -Throw "*neither the name of an open connection nor a connection text*"
        { Get-TableSwap -Connection 42 } | Should -Throw '*not a Int32*'
        { Get-TableSwap -Connection @{ Host = 'x' } } | Should -Throw "*needs an entry 'Connection'*'Engine'*"
        { Get-TableSwap -Connection @{ Connection = 'sqlite:x.db'; Colour = 'red' } } | Should -Throw '*not understood*Colour*'
    }

    It 'an engine that does not exist is named with those that do' {
        { Connect-EtlDatabase 'oracle:x' } | Should -Throw -ErrorId 'UnknownEngine,*' -PassThru | ForEach-Object { $_.Exception.Message } | Should -BeLike "*'oracle'*sqlite*postgresql*"
    }
}

Describe 'Times' {
    It '<Given> is taken as <Expected>' -ForEach @(
        @{ Given = '100ms'; Expected = '00:00:00.1000000' }, @{ Given = '2s'; Expected = '00:00:02' }, @{ Given = '5m'; Expected = '00:05:00' }
        @{ Given = '1h'; Expected = '01:00:00' }, @{ Given = 30; Expected = '00:00:30' }, @{ Given = 0.25; Expected = '00:00:00.2500000' }
        @{ Given = '00:01:30'; Expected = '00:01:30' }, @{ Given = [timespan]'00:00:07'; Expected = '00:00:07' }
    ) {
        $attribute = (Get-Command Switch-Table).Parameters['TryFor'].Attributes | Where-Object { $_ -is [System.Management.Automation.ArgumentTransformationAttribute] }
        "$($attribute.Transform($ExecutionContext, $Given))" | Should -Be $Expected
    }

    It '<_> is no time' -ForEach 'soon', '-5s', '10 parsecs', '', -1 {
        { Switch-Table t -TryFor $_ } | Should -Throw '*is no time*'
    }
}

Describe 'Declared columns' {
    BeforeAll {
        function Convert-Argument($Parameter, $Given) {
            $attribute = (Get-Command New-ShadowTable).Parameters[$Parameter].Attributes | Where-Object { $_ -is [System.Management.Automation.ArgumentTransformationAttribute] }
            , $attribute.Transform($ExecutionContext, $Given)
        }
    }

    It 'are added from texts, hashtables and objects, also mixed' {
        $made = Convert-Argument AddColumn @(
            'day text = date(ts)', '"two words" numeric(10,2) NOT NULL DEFAULT (1 = 1)', @{ Name = 'n'; Type = 'int' }, @{ name = 'm'; type = 'int'; expression = 'a + 1' }
            [EtlTableOps.Shadows.AddedColumn]::new('o', 'text', $null)
        )
        $made.Name | Should -Be 'day', 'two words', 'n', 'm', 'o'
        $made.Type | Should -Be 'text', 'numeric(10,2) NOT NULL DEFAULT (1 = 1)', 'int', 'int', 'text'
        $made.Expression | Should -Be 'date(ts)', $null, $null, 'a + 1', $null
    }

    It 'are computed from hashtables, in the order of an ordered one' {
        $made = Convert-Argument SetColumn ([ordered]@{ z = 'upper(z)'; a = '1' })
        $made.Name | Should -Be 'z', 'a'
        $made.Expression | Should -Be 'upper(z)', '1'
        (Convert-Argument SetColumn 'a = b = c').Expression | Should -Be 'b = c'
    }

    It 'are retyped from name and type, or with an expression' {
        (Convert-Argument AlterColumn @{ amount = 'bigint' }).Type | Should -Be 'bigint'
        $made = Convert-Argument AlterColumn @{ Name = 'amount'; Type = 'numeric'; Expression = 'amount / 100.0' }
        $made.Name, $made.Type, $made.Expression | Should -Be 'amount', 'numeric', 'amount / 100.0'
        # A table may have columns called name and type.
        (Convert-Argument AlterColumn ([ordered]@{ name = 'text'; kind = 'int' })).Name | Should -Be 'name', 'kind'
    }

    It 'are refused with the form they need: <_>' -ForEach 'justaname', '', 'a = ', '"open text' {
        { New-ShadowTable t -AddColumn $_ } | Should -Throw -ErrorId 'ParameterArgument*'
    }

    It 'are refused when a hashtable has other entries' {
        { New-ShadowTable t -AddColumn @{ Name = 'a'; Typ = 'int' } } | Should -Throw '*Name, Type and Expression, not Typ*'
    }
}
