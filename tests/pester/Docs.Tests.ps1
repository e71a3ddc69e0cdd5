# What is written for people is held to what is there: links, commands, parameters, error codes, tests.

BeforeDiscovery {
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $documents = @(Get-Item "$root/README.md", "$root/CHANGELOG.md") + @(Get-ChildItem "$root/docs/*.md") | ForEach-Object { @{ File = $_.FullName; Title = [System.IO.Path]::GetRelativePath($root, $_.FullName) } }
}

BeforeAll {
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $modulePath = if ($env:ETLTABLEOPS_TEST_MODULE) { $env:ETLTABLEOPS_TEST_MODULE.TrimEnd('/', '\') } else { "$root/artifacts/module/EtlTableOps" }
    Import-Module $modulePath -ErrorAction Stop

    # GitHub's anchors: small letters, blanks to dashes, other signs left out.
    function Get-Anchors([string] $File) {
        foreach ($heading in Get-Content $File | Where-Object { $_ -match '^#+ ' }) {
            ($heading -replace '^#+ +', '').ToLowerInvariant() -replace '[^\p{L}\p{N} _-]', '' -replace ' ', '-'
        }
    }
}

Describe '<Title>' -ForEach $documents {
    It 'links to files and headings that exist' {
        $wrong = foreach ($link in [regex]::Matches((Get-Content -Raw $File), '\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)')) {
            $target = if ($link.Groups[1].Value) { Join-Path (Split-Path $File) $link.Groups[1].Value } else { $File }
            if (-not (Test-Path $target)) { $link.Value }
            elseif ($link.Groups[2].Value -and $link.Groups[2].Value -notin (Get-Anchors $target)) { $link.Value }
        }
        $wrong | Should -BeNullOrEmpty
    }

    It 'names only commands that exist' {
        # What is not there yet, and what is PowerShell's own.
        $planned = 'Watch-TableSwap', 'Format-Table'
        $words = [regex]::Matches((Get-Content -Raw $File), '\b[A-Z][a-z]+-(?:EtlDatabase|ShadowTable|TableSwap|TableVersion|Table)\b').Value | Sort-Object -Unique
        $words | Where-Object { $_ -notin $planned -and -not (Get-Command $_ -Module EtlTableOps -ErrorAction Ignore) } | Should -BeNullOrEmpty
    }

    It 'shows PowerShell that can be read, with parameters that exist' {
        $blocks = [regex]::Matches((Get-Content -Raw $File), '(?ms)^```powershell\r?\n(.*?)^```').ForEach{ $_.Groups[1].Value }
        foreach ($block in $blocks) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($block, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty -Because $block
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $command = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($command.ModuleName -ne 'EtlTableOps') { continue }
                foreach ($given in $call.CommandElements.Where{ $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    $command.Parameters.Keys | Should -Contain $given.ParameterName -Because $call.Extent.Text
                }
            }
        }
    }
}

Describe 'Declared changes in documents and examples' {
    It 'can be proven: none is computed from now() or random()' {
        # The test reads an expression again, later, and it has to give the same then.
        $files = @(Get-Item "$root/README.md", "$root/CHANGELOG.md") + @(Get-ChildItem "$root/docs/*.md", "$root/module/Examples/*.ps1", "$root/module/en-US/*")
        Select-String -Path $files.FullName -Pattern '(?i)(-where|-query|-column|(Add|Set|Alter)Column|KeepWhere)\b.*\b(now|random|current_timestamp|getdate)\b' |
            ForEach-Object { "$($_.Filename):$($_.LineNumber) $($_.Line)" } | Should -BeNullOrEmpty
    }
}

Describe 'docs/when-it-fails.md' {
    It 'has a heading for each error code, and for no other' {
        $codes = [Enum]::GetNames([EtlTableOps.Errors.ErrorCode]) | Sort-Object
        $headings = Get-Content "$root/docs/when-it-fails.md" | Where-Object { $_ -match '^### ' } | ForEach-Object { ($_ -replace '^### ', '') -split ', ' } | Sort-Object
        Compare-Object $codes $headings | ForEach-Object { "$($_.SideIndicator) $($_.InputObject)" } | Should -BeNullOrEmpty
    }
}

Describe 'README.md' {
    It 'names tests that exist for each of the twelve promises' {
        $rows = Get-Content "$root/README.md" | Where-Object { $_ -match '^\| \d+ \|' }
        $rows.Count | Should -Be 12
        $source = (Get-ChildItem "$root/tests" -Recurse -Filter *.cs | Where-Object FullName -NotMatch '[\\/](obj|bin)[\\/]' | Get-Content -Raw) -join "`n"
        foreach ($row in $rows) {
            $number = [regex]::Match($row, '^\| (\d+)').Groups[1].Value
            $tests = [regex]::Matches(($row -split '\|')[3], '`([A-Z]\w+)`').ForEach{ $_.Groups[1].Value }
            $tests | Should -Not -BeNullOrEmpty
            foreach ($test in $tests) {
                # The trait stands before its test, with nothing but other attributes between.
                $source | Should -Match "Trait\(""Promise"", ""$number""\)\](?:(?!\bpublic\b)[\s\S])*\bpublic [^\n(]*\b$test\(" -Because "promise $number is said to be proven by it"
            }
        }
    }
}
