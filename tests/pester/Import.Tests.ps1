BeforeDiscovery {
    $exported = 'Connect-EtlDatabase', 'Disconnect-EtlDatabase', 'Get-EtlDatabase', 'New-ShadowTable', 'Import-ShadowTable', 'Sync-ShadowTable',
        'Test-ShadowTable', 'Switch-Table', 'Undo-TableSwap', 'Get-TableSwap', 'Repair-TableSwap', 'Get-TableVersion', 'Remove-TableVersion', 'Remove-ShadowTable'
    $changing = 'New-ShadowTable', 'Import-ShadowTable', 'Sync-ShadowTable', 'Test-ShadowTable', 'Switch-Table', 'Undo-TableSwap', 'Repair-TableSwap', 'Remove-TableVersion', 'Remove-ShadowTable'
}

BeforeAll {
    . $PSScriptRoot/Setup.ps1

    # In a process of its own, because this one has loaded the module already.
    function Invoke-Pwsh([string] $Script) {
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; `$module = '$script:ModulePath'; $Script" 2>&1
        $out | Out-String | ForEach-Object Trim
    }
}

Describe 'The module' {
    It 'exports what the manifest lists, and nothing else' {
        $expected = (Import-PowerShellDataFile "$script:ModulePath/EtlTableOps.psd1").CmdletsToExport | Sort-Object
        (Get-Command -Module EtlTableOps).Name | Sort-Object | Should -Be $expected
        $expected.Count | Should -Be 15
    }

    It 'exports <_>' -ForEach $exported {
        (Get-Command $_).ModuleName | Should -Be 'EtlTableOps'
    }

    It 'has a valid manifest whose version is that of its assemblies' {
        $manifest = Test-ModuleManifest "$script:ModulePath/EtlTableOps.psd1"
        "$($manifest.Version).0" | Should -Be ([EtlTableOps.TableSwap].Assembly.GetName().Version.ToString())
    }

    It 'names every package whose libraries it ships, with version and licence' {
        $dependencies = Get-Content -Raw "$script:ModulePath/bin/EtlTableOps.PowerShell.deps.json" | ConvertFrom-Json -AsHashtable
        $target = $dependencies.targets[$dependencies.runtimeTarget.name]
        $shipped = $dependencies.libraries.Keys | Where-Object { $dependencies.libraries[$_].type -eq 'package' -and ($target[$_].Keys -match '^(runtime|runtimeTargets|native|resources)$') }
        @($shipped).Count | Should -BeGreaterThan 3
        $notices = Get-Content "$script:ModulePath/THIRD-PARTY-NOTICES.txt"
        foreach ($package in $shipped) {
            $at = $notices.IndexOf($package.Replace('/', ' '))
            $at | Should -BeGreaterThan 0 -Because "$package is shipped"
            $notices[$at + 1] | Should -Match '^Licence: \S'
        }
    }

    It 'loads no driver at import, so that nothing slow happens before it is needed' {
        Invoke-Pwsh @'
            Import-Module $module
            $all = [AppDomain]::CurrentDomain.GetAssemblies().ForEach{ $_.GetName().Name }
            foreach ($name in 'Npgsql', 'Microsoft.Data.Sqlite', 'SQLitePCLRaw.core', 'CsvHelper') { if ($name -in $all) { "$name is loaded" } }
            'done'
'@ | Should -Be 'done'
    }

    It 'shares the domain with scripts and keeps cmdlets, engines and drivers to itself' {
        Invoke-Pwsh @'
            Import-Module $module
            # Whether these connect does not matter: trying loads the engines and their drivers.
            try { $null = Connect-EtlDatabase "sqlite:$([guid]::NewGuid()).db" } catch { }
            try { $null = Connect-EtlDatabase 'postgresql://nobody@127.0.0.1:1/none' } catch { }
            $default = [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name
            $all = [AppDomain]::CurrentDomain.GetAssemblies().ForEach{ $_.GetName().Name }
            if ('EtlTableOps.Core' -notin $default) { 'Core is not shared' }
            foreach ($name in 'EtlTableOps.PowerShell', 'EtlTableOps.Composition', 'EtlTableOps.PostgreSql', 'Npgsql', 'EtlTableOps.Sqlite', 'Microsoft.Data.Sqlite', 'SQLitePCLRaw.core') {
                if ($name -in $default) { "$name is in the default context" }
                if ($name -notin $all) { "$name is not loaded at all" }
            }
            'done'
'@ | Should -Be 'done'
    }

    It 'loads no engine and no driver at import' {
        Invoke-Pwsh @'
            Import-Module $module
            $null = Get-Command -Module EtlTableOps
            [AppDomain]::CurrentDomain.GetAssemblies().ForEach{ $_.GetName().Name }.Where{ $_ -match 'Npgsql|Sqlite|CsvHelper' } -join ', '
'@ | Should -BeNullOrEmpty
    }

    It 'can be imported again, with -Force and after a removal, and all commands stay' {
        Invoke-Pwsh @'
            Import-Module $module; Import-Module $module; Import-Module $module -Force
            $forced = (Get-Command -Module EtlTableOps).Count
            Remove-Module EtlTableOps
            $gone = @(Get-Command -Module EtlTableOps).Count
            Import-Module $module
            "$forced $gone $((Get-Command -Module EtlTableOps).Count)"
'@ | Should -Be '15 0 15'
    }

    It 'says in one sentence that another copy is loaded' {
        $copy = Join-Path $TestDrive 'copy/EtlTableOps'
        $null = New-Item -ItemType Directory (Split-Path $copy)
        Copy-Item -Recurse $script:ModulePath $copy
        Invoke-Pwsh "Import-Module `$module; try { Import-Module '$copy' } catch { `$_.Exception.Message }" |
            Should -BeLike '*EtlTableOps is loaded in this process already, from *Start a new PowerShell session*'
    }

    It 'works when imported with a prefix' {
        Invoke-Pwsh 'Import-Module $module -Prefix Etl; (Get-Command Switch-EtlTable).Name' | Should -Be 'Switch-EtlTable'
    }
}

Describe 'Every command' {
    It '<_> says what it gives' -ForEach $exported {
        (Get-Command $_).OutputType.Name | Should -Not -BeNullOrEmpty
    }

    It '<_> can be rehearsed and confirmed' -ForEach $changing {
        (Get-Command $_).Parameters.Keys | Should -Contain 'WhatIf'
        (Get-Command $_).Parameters.Keys | Should -Contain 'Confirm'
    }

    It '<Name> asks before it runs: <Impact>' -ForEach @(
        @{ Name = 'Switch-Table'; Impact = 'High' }, @{ Name = 'Undo-TableSwap'; Impact = 'High' }, @{ Name = 'Remove-ShadowTable'; Impact = 'High' }
        @{ Name = 'Remove-TableVersion'; Impact = 'High' }, @{ Name = 'New-ShadowTable'; Impact = 'Medium' }
    ) {
        $attribute = (Get-Command $Name).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)
        "$($attribute.ConfirmImpact)" | Should -Be $Impact
    }

    It '<_> names no type of the private load context in parameters or outputs' -ForEach $exported {
        $command = Get-Command $_
        $types = @($command.Parameters.Values.ParameterType) + @($command.OutputType.Type | Where-Object { $_ })
        foreach ($type in $types) {
            if ($type.IsArray) { $type = $type.GetElementType() }
            [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($type.Assembly).Name | Should -Be 'Default' -Because "$type must be nameable by scripts"
        }
    }
}
