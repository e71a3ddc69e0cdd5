<#
.SYNOPSIS
    An interactive session, line by line. Copy the lines; or run it as a whole on a database of your own that may be changed.
.DESCRIPTION
    "dotnet run --project src/EtlTableOps.Cli -c Release -- demo --keep" leaves a database with a table allevents and says where it is.
.PARAMETER Connection
    The connection text.
#>
param([string] $Connection = 'sqlite:demo.db')
$ErrorActionPreference = 'Stop'
Import-Module EtlTableOps

Connect-EtlDatabase $Connection

# What would be done? Nothing is written.
New-ShadowTable allevents -AddColumn "amount_class text = CASE WHEN amount >= 100 THEN 'large' ELSE 'small' END" -Where "event_type <> 'view'" -WhatIf

# Build it beside the live table, and prove it.
New-ShadowTable allevents -AddColumn "amount_class text = CASE WHEN amount >= 100 THEN 'large' ELSE 'small' END" -Where "event_type <> 'view'"
$test = Test-ShadowTable allevents
$test.Checks | Format-Table Name, Passed, Expected, Found

# Exchange the names. Without -Confirm:$false it asks.
$swap = Switch-Table allevents -Confirm:$false
$swap
$swap.Stall

# What is kept, and what the journal says.
Get-TableVersion allevents
Get-TableSwap allevents
(Get-TableSwap -SwapId $swap.SwapId -Statements).Lines | Format-Table Line, Operation, Step, Rows, Seconds

# And back.
Undo-TableSwap allevents -Confirm:$false
