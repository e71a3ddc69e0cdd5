# Loads the domain assembly for everybody (scripts can name [EtlTableOps.TableSwap]) and everything else, the cmdlets, engines and
# drivers, into a private load context, so that this module lives beside others that bring other versions of the same libraries.

if ($PSVersionTable.PSVersion -lt [version]'7.4') {
    throw "EtlTableOps needs PowerShell 7.4 or later; this is $($PSVersionTable.PSVersion). Install it from https://aka.ms/powershell and start pwsh."
}

$bin = [System.IO.Path]::Combine($PSScriptRoot, 'bin')
if (-not ('EtlTableOps.Loader.LoadContext' -as [type])) {
    Microsoft.PowerShell.Utility\Add-Type -LiteralPath ([System.IO.Path]::Combine($bin, 'EtlTableOps.Loader.dll'))
}
$assembly = [EtlTableOps.Loader.LoadContext]::Load($bin, 'EtlTableOps.Core', 'EtlTableOps.PowerShell')
$inner = Microsoft.PowerShell.Core\Import-Module -Assembly $assembly -PassThru -ErrorAction Stop

# PowerShell keeps a module made from an assembly when the one around it goes, and a later import would then find it and export nothing
# (PowerShell issue 20710). So it goes along.
$ExecutionContext.SessionState.Module.OnRemove = { Microsoft.PowerShell.Core\Remove-Module -ModuleInfo $inner -Force }.GetNewClosure()
