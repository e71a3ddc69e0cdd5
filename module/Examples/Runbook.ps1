<#
.SYNOPSIS
    An Azure Automation runbook: replaces a table by one without its old rows, every night.
.DESCRIPTION
    Needs a runtime environment with PowerShell 7.4 or later, the module, and a connection asset: a hashtable with an entry Connection (the connection
    text), or with Engine and the entries of a connection string. UserName and Password of the asset stay outside the text.
.PARAMETER Asset
    The connection asset's name.
.PARAMETER Table
    The live table.
.PARAMETER KeepWhere
    The SQL condition of which a row must be true to stay.
#>
param(
    [string] $Asset = 'sales-db',
    [string] $Table = 'allevents',
    # A date that is computed here: the test reads the condition again, and with now() it would find other rows.
    [string] $KeepWhere = "event_ts >= '$([datetime]::UtcNow.AddYears(-2).ToString('yyyy-MM-dd'))'"
)
$ErrorActionPreference = 'Stop'
$VerbosePreference = 'Continue'     # Azure Automation takes it from the script

Import-Module EtlTableOps -Verbose:$false
$null = Connect-EtlDatabase -Connection (Get-AutomationConnection -Name $Asset)

# A sandbox ends a job after three hours. What the last one left, the journal knows.
Repair-TableSwap $Table -Confirm:$false | ForEach-Object { Write-Warning "Repaired swap $($_.SwapId): $($_.Action)" }

$null = New-ShadowTable $Table -Where $KeepWhere -Force -Confirm:$false
$null = Sync-ShadowTable $Table -Confirm:$false

$test = Test-ShadowTable $Table -Confirm:$false
if (-not $test.Passed) {
    $test.Checks | Where-Object -Not Passed | ForEach-Object { Write-Warning "$($_.Name): $($_.Message)" }
    throw "$($test.Shadow) is not what was declared; it did not go live."
}

try {
    $swap = Switch-Table $Table -TryFor 10m -KeepVersions 2 -Confirm:$false
}
catch {
    # The exchange stands; only work after it is left.
    if ($_.Exception.Code -ne 'CleanUpPending') { throw }
    $swap = Repair-TableSwap $Table -Confirm:$false | Select-Object -First 1
}

# A few facts, because a job's output is limited.
$swap | Select-Object Table, SwapId, State, Version, @{ n = 'Rows'; e = { $test.Rows } }, @{ n = 'HeldMs'; e = { $_.Stall.HeldMilliseconds } }, Differences
