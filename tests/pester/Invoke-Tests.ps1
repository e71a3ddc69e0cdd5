<#
.SYNOPSIS
    Lists or runs the Pester tests of this folder and writes what came out of them as JSON, a line each.
.DESCRIPTION
    This is how "dotnet test" shows each Pester test as one of its own. By hand: Invoke-Pester ./tests/pester
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Output,
    [switch] $List
)
$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.5

# Pester expands <_> and <Name> in names only when it runs; the list must have the same names, so both are made here.
function Get-TestName($Test) {
    $parts = [System.Collections.Generic.List[string]]::new()
    $values = @{}
    for ($item = $Test; $item -and -not $item.IsRoot; $item = if ($item -eq $Test) { $Test.Block } else { $item.Parent }) {
        if ($item.Data -is [System.Collections.IDictionary]) {
            foreach ($key in $item.Data.Keys) { if (-not $values.ContainsKey("$key")) { $values["$key"] = $item.Data[$key] } }
        } elseif ($null -ne $item.Data -and -not $values.ContainsKey('_')) {
            $values['_'] = $item.Data
        }
        $parts.Insert(0, $item.Name)
    }
    $name = $parts -join '. '
    foreach ($key in $values.Keys) { $name = $name.Replace("<$key>", "$($values[$key])") }
    "$([System.IO.Path]::GetFileName($Test.ScriptBlock.File) -replace '\.Tests\.ps1$'): $name"
}

$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Run.SkipRun = [bool]$List
$configuration.Output.Verbosity = 'None'
$configuration.Output.RenderMode = 'Plaintext'
$result = Invoke-Pester -Configuration $configuration

$lines = foreach ($container in $result.Containers) {
    if ($container.ErrorRecord) {
        @{ Name = "$(Split-Path -Leaf $container.Item) is read"; Result = 'Failed'; Message = ($container.ErrorRecord | Out-String) } | ConvertTo-Json -Compress
    }
}
$lines = @($lines) + @(foreach ($test in $result.Tests) {
    # Of the stack only the lines of tests: the rest is Pester's own.
    $message = $test.ErrorRecord | ForEach-Object { $_.Exception.Message; $_.ScriptStackTrace -split "`n" -match '\.Tests\.ps1|Setup\.ps1' } | Out-String
    @{
        Name    = Get-TestName $test
        Result  = "$($test.Result)"
        Message = $message.Trim()
    } | ConvertTo-Json -Compress
})
[System.IO.File]::WriteAllLines($Output, [string[]]@($lines | Where-Object { $_ }))
