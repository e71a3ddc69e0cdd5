@{
    RootModule           = 'EtlTableOps.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6b1f0d0e-8a4e-4d0c-9f0e-2d6a7c51f3b4'
    Author               = 'EtlTableOps contributors'
    CompanyName          = 'EtlTableOps contributors'
    Copyright            = 'Copyright (c) EtlTableOps contributors. MIT licence.'
    Description          = 'Replaces a big live table by a proven shadow table with no downtime, and goes back with one command. SQLite and PostgreSQL.'

    # The script module says in one sentence what is missing; these lines would say it in a longer one, and only for editions they know.
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Core')

    FormatsToProcess     = @('EtlTableOps.Format.ps1xml')

    CmdletsToExport      = @(
        'Compare-Table'
        'Connect-EtlDatabase'
        'Disconnect-EtlDatabase'
        'Get-EtlDatabase'
        'Get-TableSwap'
        'Get-TableVersion'
        'Import-ShadowTable'
        'New-ShadowTable'
        'Remove-ShadowTable'
        'Remove-TableVersion'
        'Repair-TableSwap'
        'Switch-Table'
        'Sync-ShadowTable'
        'Test-ShadowTable'
        'Undo-TableSwap'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('PSEdition_Core', 'Windows', 'Linux', 'MacOS', 'Database', 'ETL', 'ZeroDowntime', 'PostgreSQL', 'SQLite')
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
