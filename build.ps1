#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, packs or installs the EtlTableOps module.
.DESCRIPTION
    A thin front door to dotnet: the module is laid in artifacts/module/EtlTableOps by MSBuild itself, so that "dotnet build" alone makes
    it too. Needs the .NET SDK; nothing is downloaded but NuGet packages.
.PARAMETER Task
    Build    lays the module in artifacts/module/EtlTableOps (the default).
    Test     runs all tests that this machine can run, and says what it skipped.
    Pack     makes artifacts/packages/EtlTableOps.<version>.zip, to be unpacked into a module path, a .nupkg of the module for a private feed,
             and the command line's .nupkg. All of them carry Snowflake's driver.
    Install  copies the module to this user's module path.
.PARAMETER Configuration
    Release or Debug.
.PARAMETER ModulePath
    Where Install copies to; this user's module path where it is not given.
.PARAMETER SkipSnowflakeDriver
    Packs without Snowflake's driver, where the package source does not have it. Snowflake then needs ETLTABLEOPS_SNOWFLAKE_DRIVER.
.EXAMPLE
    ./build.ps1
    Import-Module ./artifacts/module/EtlTableOps
.EXAMPLE
    ./build.ps1 -Task Test, Pack
.EXAMPLE
    ./build.ps1 -Task Install
    Import-Module EtlTableOps
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0, ValueFromRemainingArguments)]
    [ArgumentCompletions('Build', 'Test', 'Pack', 'Install')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [string] $ModulePath,

    [switch] $SkipSnowflakeDriver
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$root = $PSScriptRoot
$module = Join-Path $root 'artifacts' 'module' 'EtlTableOps'
$packages = Join-Path $root 'artifacts' 'packages'

function Invoke-Dotnet {
    Write-Host "dotnet $args" -ForegroundColor Cyan
    & dotnet @args
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($args[0]) failed with exit code $LASTEXITCODE." }
}

function Get-ModuleVersion {
    (Import-PowerShellDataFile -LiteralPath (Join-Path $module 'EtlTableOps.psd1')).ModuleVersion
}

$script:isBuilt = $false

function Build {
    if ($script:isBuilt) { return }
    # What the module is made of; tests and the command line are built by what needs them.
    foreach ($project in 'EtlTableOps.Loader', 'EtlTableOps.PowerShell') {
        Invoke-Dotnet build (Join-Path $root 'src' $project) --configuration $Configuration --nologo
    }
    $script:isBuilt = $true
    Write-Host "The module is in $module" -ForegroundColor Green
}

function Test {
    Invoke-Dotnet test (Join-Path $root 'EtlTableOps.sln') --configuration $Configuration --nologo
}

function Add-SnowflakeDriver {
    $folder = Join-Path $module 'drivers' 'snowflake'
    # One of an earlier run must not be packed as if it were of this one.
    $drivers = Split-Path $folder
    if (Test-Path -LiteralPath $drivers) { Remove-Item -LiteralPath $drivers -Recurse -Force }
    if ($SkipSnowflakeDriver) {
        Write-Warning 'Packed without the driver of Snowflake: to connect there, ETLTABLEOPS_SNOWFLAKE_DRIVER has to name a folder with Snowflake.Data.dll.'
        return
    }
    $project = Join-Path $root 'src' 'EtlTableOps.SnowflakeDriver'
    try { Invoke-Dotnet restore $project }
    catch {
        throw 'The driver of Snowflake (package Snowflake.Data, see above) could not be had from the package sources of this machine (dotnet nuget list source). Add a source that has it, or pack without it: ./build.ps1 -Task Pack -SkipSnowflakeDriver'
    }
    Invoke-Dotnet publish $project --no-restore --configuration $Configuration --nologo --output $folder
    if (-not (Test-Path -LiteralPath (Join-Path $folder 'Snowflake.Data.dll'))) { throw "Publishing the driver of Snowflake left no Snowflake.Data.dll in $folder." }
}

function Pack {
    # First, because it is what may be missing; laying the module leaves it alone.
    Add-SnowflakeDriver
    Build
    $version = Get-ModuleVersion
    $null = New-Item -ItemType Directory -Path $packages -Force
    $zip = Join-Path $packages "EtlTableOps.$version.zip"
    # Not Compress-Archive: it is a module of its own that not every PowerShell brings.
    Remove-Item -LiteralPath $zip -ErrorAction Ignore
    [System.IO.Compression.ZipFile]::CreateFromDirectory($module, $zip, [System.IO.Compression.CompressionLevel]::Optimal, $true)

    # The layout that PowerShell's package commands expect of a module: its files at the package's root.
    $nuspec = Join-Path $packages 'EtlTableOps.nuspec'
    $manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $module 'EtlTableOps.psd1')
    $escape = { [System.Security.SecurityElement]::Escape($args[0]) }
    Set-Content -LiteralPath $nuspec -Encoding utf8 -Value @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>EtlTableOps</id>
    <version>$version</version>
    <authors>$(& $escape $manifest.Author)</authors>
    <description>$(& $escape $manifest.Description)</description>
    <copyright>$(& $escape $manifest.Copyright)</copyright>
    <license type="expression">MIT</license>
    <tags>PSModule $(& $escape ($manifest.PrivateData.PSData.Tags -join ' '))</tags>
  </metadata>
  <files>
    <file src="**/*" target="" />
  </files>
</package>
"@
    Invoke-Dotnet pack (Join-Path $root 'src' 'EtlTableOps.PowerShell') --no-build --configuration $Configuration --nologo `
        --output $packages "-p:NuspecFile=$nuspec" "-p:NuspecBasePath=$module" '-p:NoWarn=NU5100%3BNU5110%3BNU5111%3BNU5128'
    Remove-Item -LiteralPath $nuspec

    $driver = Join-Path $module 'drivers' 'snowflake'
    $carried = if (Test-Path -LiteralPath $driver) { "-p:SnowflakeDriverFolder=$driver" }
    Invoke-Dotnet pack (Join-Path $root 'src' 'EtlTableOps.Cli') --configuration $Configuration --nologo --output $packages @($carried)
    Write-Host "The packages are in $packages" -ForegroundColor Green
}

function Install {
    Build
    # PowerShell puts the user's own path first.
    $into = if ($ModulePath) { $ModulePath } else { ($env:PSModulePath -split [System.IO.Path]::PathSeparator)[0] }
    $target = Join-Path $into 'EtlTableOps' (Get-ModuleVersion)
    if (Test-Path -LiteralPath $target) { Remove-Item -LiteralPath $target -Recurse -Force }
    $null = New-Item -ItemType Directory -Path $target -Force
    Copy-Item -Path (Join-Path $module '*') -Destination $target -Recurse
    Write-Host "Installed in $target" -ForegroundColor Green
}

# From another shell (pwsh -File build.ps1 -Task Build,Test) a list arrives as one text.
$tasks = @($Task -split ',' | ForEach-Object Trim | Where-Object { $_ })
foreach ($name in $tasks) {
    if ($name -notin 'Build', 'Test', 'Pack', 'Install') { throw "There is no task '$name'. Known: Build, Test, Pack, Install." }
}
foreach ($name in $tasks) { & $name }
