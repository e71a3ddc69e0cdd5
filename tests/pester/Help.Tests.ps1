BeforeDiscovery {
    $exported = (Import-PowerShellDataFile "$PSScriptRoot/../../module/EtlTableOps.psd1").CmdletsToExport
    $topics = (Get-ChildItem "$PSScriptRoot/../../module/en-US/about_*.help.txt").Name -replace '\.help\.txt$'
}

BeforeAll {
    $modulePath = if ($env:ETLTABLEOPS_TEST_MODULE) { $env:ETLTABLEOPS_TEST_MODULE.TrimEnd('/', '\') } else { [System.IO.Path]::GetFullPath("$PSScriptRoot/../../artifacts/module/EtlTableOps") }
    Import-Module $modulePath -ErrorAction Stop
    $common = [System.Management.Automation.Cmdlet]::CommonParameters
}

Describe 'Help of <_>' -ForEach $exported {
    BeforeAll {
        $name = $_
        $command = Get-Command $name -Module EtlTableOps -ErrorAction Stop
        $help = Get-Help $name -Full
        $own = @($command.Parameters.Keys | Where-Object { $_ -notin $common })
        $described = @($help.parameters.parameter | Where-Object { $_ })
    }

    It 'is written, not made up from the syntax' {
        # Without a help file PowerShell answers with the syntax as synopsis.
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match "^\s*$name "
        $help.description.Text -join '' | Should -Not -BeNullOrEmpty
    }

    It 'has two examples or more, each with a title, code and a remark' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) {
            $example.title | Should -Match 'Example \d+: .'
            $example.code | Should -Not -BeNullOrEmpty
            $example.remarks.Text -join '' | Should -Not -BeNullOrEmpty
        }
    }

    It 'describes every parameter of its own' {
        $lacking = $own | Where-Object {
            $parameter = $_
            -not (($described | Where-Object name -EQ $parameter).description.Text -join '')
        }
        $lacking | Should -BeNullOrEmpty
    }

    It 'describes no parameter that does not exist' {
        $described.name | Where-Object { $_ -notin $own } | Should -BeNullOrEmpty
    }

    It 'shows each parameter set as the command has it' {
        # As sets of words: the order in which help shows named parameters is its own.
        $shown = @($help.syntax.syntaxItem).ForEach{ (@($_.parameter.name) | Sort-Object) -join ' ' } | Sort-Object
        $real = @($command.ParameterSets).ForEach{ ($_.Parameters.Name.Where{ $_ -notin $common } | Sort-Object) -join ' ' } | Sort-Object
        $shown | Should -Be $real
    }

    It 'says of each parameter whether it must be given and where it stands' {
        foreach ($parameter in $described) {
            $attributes = @($command.Parameters[$parameter.name].Attributes.Where{ $_ -is [Parameter] })
            $parameter.required | Should -Be "$(-not $attributes.Where{ -not $_.Mandatory })".ToLowerInvariant() -Because $parameter.name
            $position = if ($attributes[0].Position -ge 0) { "$($attributes[0].Position)" } else { 'named' }
            $parameter.position | Should -Be $position -Because $parameter.name
        }
    }

    It 'uses in its examples only parameters that the commands have' {
        foreach ($example in $help.examples.example) {
            $errors = $null
            $code = ($example.code -split '\n' | Where-Object { $_ -notmatch '^\S+-\S+: ' }) -join "`n"
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($code, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty -Because $example.title
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $called = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($called.ModuleName -ne 'EtlTableOps') { continue }
                foreach ($given in $call.CommandElements.Where{ $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    $called.Parameters.Keys | Should -Contain $given.ParameterName -Because $example.title
                }
            }
        }
    }

    It 'leads to help that exists' {
        foreach ($link in $help.relatedLinks.navigationLink.linkText | Where-Object { $_ }) {
            Get-Help $link -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because $link
        }
    }
}

Describe 'Topic <_>' -ForEach $topics {
    It 'is found' {
        Get-Help $_ | Out-String | Should -BeLike "*SHORT DESCRIPTION*"
    }

    It 'names only commands that exist' {
        $text = Get-Help $_ | Out-String
        foreach ($word in [regex]::Matches($text, '\b(?:[A-Z][a-z]+)-(?:EtlDatabase|ShadowTable|TableSwap|TableVersion|Table)\b').Value | Sort-Object -Unique) {
            Get-Command $word -Module EtlTableOps -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because "$_ names $word"
        }
    }
}
