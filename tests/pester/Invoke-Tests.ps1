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
    $message = $test.ErrorRecord | ForEach-Object { "$($_.Exception.Message)`n$($_.ScriptStackTrace)" } | Out-String
    @{
        Name    = "$([System.IO.Path]::GetFileName($test.ScriptBlock.File) -replace '\.Tests\.ps1$'): $($test.ExpandedPath)"
        Result  = "$($test.Result)"
        Message = $message.Trim()
    } | ConvertTo-Json -Compress
})
[System.IO.File]::WriteAllLines($Output, [string[]]@($lines | Where-Object { $_ }))
