<#
.SYNOPSIS
    One script for the stages of an Azure DevOps pipeline (PowerShell@2 with "pwsh: true"): Build, Switch, Undo.
.DESCRIPTION
    Each stage is a process of its own, on whatever agent; the journal in the database carries the proof from one to the next. The connection text comes from the
    variable ETLTABLEOPS_CONNECTION, its password from PGPASSWORD (a secret variable, mapped under "env:").
.PARAMETER Stage
    Build makes the shadow and proves it, Switch exchanges the names, Undo goes back.
.PARAMETER Table
    The live table.
.PARAMETER Change
    The declared change: the parameters of New-ShadowTable as a hashtable.
.PARAMETER Import
    Files of rows to add.
#>
param(
    [Parameter(Mandatory)] [ValidateSet('Build', 'Switch', 'Undo')] [string] $Stage,
    [string] $Table = 'allevents',
    [hashtable] $Change = @{ AddColumn = "amount_band text = CASE WHEN amount >= 100 THEN 'large' ELSE 'small' END" },
    [string[]] $Import = @()
)
$ErrorActionPreference = 'Stop'
Import-Module EtlTableOps

# Azure DevOps reads such lines from the output; elsewhere plain text does.
function Write-Task([string] $Kind, [string] $Text) {
    if (-not $env:TF_BUILD) { Write-Host "$($Kind): $Text"; return }
    $safe = $Text.Replace('%', '%AZP25').Replace("`r", '%0D').Replace("`n", '%0A')
    Write-Host "##vso[task.logissue type=$Kind]$safe"
}

$null = Connect-EtlDatabase $env:ETLTABLEOPS_CONNECTION
try {
    switch ($Stage) {
        'Build' {
            $null = New-ShadowTable $Table @Change -Force -Confirm:$false -Verbose
            if ($Import) { $null = Import-ShadowTable $Table -Path $Import -Confirm:$false -Verbose }
            $test = Test-ShadowTable $Table -Confirm:$false
            foreach ($check in $test.Checks | Where-Object -Not Passed) { Write-Task error "$($check.Name): $($check.Message)" }
            if (-not $test.Passed) { exit 2 }
            # Reviewers see the statements before they approve the next stage.
            Switch-Table $Table -WhatIf
        }
        'Switch' {
            $swap = Switch-Table $Table -TryFor 10m -Confirm:$false
            foreach ($difference in $swap.Differences) { Write-Task warning $difference }
            Write-Host "Swap $($swap.SwapId): lock held $([int]$swap.Stall.HeldMilliseconds) ms after $($swap.Stall.Tries) tries; the old table is $($swap.Version)."
        }
        'Undo' {
            $swap = Undo-TableSwap $Table -TryFor 10m -Confirm:$false
            Write-Host "Back on $($swap.Incoming); the table that was live is $($swap.Version)."
        }
    }
}
catch {
    Write-Task error "$($_.Exception.Message) $($_.ErrorDetails.RecommendedAction)"
    # The exit codes of the command line: 3 changed with work left, 4 a human is needed.
    exit $(if ($_.Exception.OwnershipUnknown) { 4 } elseif ($_.Exception.DurableChangeMade) { 3 } else { 1 })
}
finally {
    Disconnect-EtlDatabase -All
}
