# Dot-sourced by every test file: loads the built module and gives the tests a side door to the database, so that what the module
# did is judged by plain SQL and not by the module.

$script:ModulePath = if ($env:ETLTABLEOPS_TEST_MODULE) { $env:ETLTABLEOPS_TEST_MODULE.TrimEnd('/', '\') } else { [System.IO.Path]::GetFullPath("$PSScriptRoot/../../artifacts/module/EtlTableOps") }
Import-Module $script:ModulePath -ErrorAction Stop

if (-not ('EtlTableOpsTests.Side' -as [type])) {
    Add-Type -IgnoreWarnings -CompilerOptions '-nowarn:CS1701' -ReferencedAssemblies @("$script:ModulePath/bin/EtlTableOps.Core.dll", 'System.Data.Common', 'System.Collections', 'System.Linq', 'System.Runtime', 'System.Threading', 'netstandard') -TypeDefinition @'
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using EtlTableOps.Engines;
namespace EtlTableOpsTests
{
    public static class Side
    {
        public static long Run(EtlDatabase database, string sql)
        {
            var session = database.OpenSessionAsync(CancellationToken.None).GetAwaiter().GetResult();
            try { return session.ExecuteAsync(new Sql(sql), CancellationToken.None).GetAwaiter().GetResult(); }
            finally { session.DisposeAsync().AsTask().GetAwaiter().GetResult(); }
        }

        public static string[] Rows(EtlDatabase database, string sql)
        {
            var session = database.OpenSessionAsync(CancellationToken.None).GetAwaiter().GetResult();
            try
            {
                return session.QueryAsync(new Sql(sql), r => string.Join("|", Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? "null" : Convert.ToString(r.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))), CancellationToken.None)
                    .GetAwaiter().GetResult().ToArray();
            }
            finally { session.DisposeAsync().AsTask().GetAwaiter().GetResult(); }
        }
    }
}
'@
}

$script:Worlds = 0

# A database with a table of events, a view on it and an index; its own for each call.
function New-World {
    param([Parameter(Mandatory)] [string] $Engine, [int] $Rows = 20)
    $script:Worlds++
    $prefix = ''
    if ($Engine -eq 'sqlite') {
        $text = "sqlite:Data Source=$TestDrive/world$($script:Worlds)-$([guid]::NewGuid().ToString('N')).db;Mode=ReadWriteCreate"
    } else {
        $text = if ($Engine -eq 'snowflake') { $env:ETLTABLEOPS_TEST_SNOWFLAKE } else { $env:ETLTABLEOPS_TEST_POSTGRES }
    }
    $database = Connect-EtlDatabase $text -Name "world$($script:Worlds)"
    if ($Engine -ne 'sqlite') {
        $schema = "w$([guid]::NewGuid().ToString('N').Substring(0, 12))"
        $null = [EtlTableOpsTests.Side]::Run($database, "CREATE SCHEMA $schema")
        $prefix = "$schema."
    }
    foreach ($sql in @(
        "CREATE TABLE $($prefix)allevents (event_id integer NOT NULL PRIMARY KEY, event_type text NOT NULL, country text, amount integer, ratio integer DEFAULT 7)"
        if ($Engine -ne 'snowflake') { "CREATE INDEX allevents_type ON $($prefix)allevents (event_type)" }
        "CREATE VIEW $($prefix)recent_events AS SELECT event_id, event_type FROM $($prefix)allevents WHERE amount >= 50"
    )) { $null = [EtlTableOpsTests.Side]::Run($database, $sql) }
    $values = foreach ($i in 1..$Rows) { "($i, '$(('click', 'view', 'buy')[$i % 3])', $(if ($i % 5) { "'C$($i % 4)'" } else { 'NULL' }), $($i * 10))" }
    for ($at = 0; $at -lt $Rows; $at += 500) {
        $null = [EtlTableOpsTests.Side]::Run($database, "INSERT INTO $($prefix)allevents (event_id, event_type, country, amount) VALUES $(@($values)[$at..([Math]::Min($at + 499, $Rows - 1))] -join ', ')")
    }
    [pscustomobject]@{ Engine = $Engine; Text = $text; Connection = $database; Prefix = $prefix; Table = "$($prefix)allevents"; Shadow = "$($prefix)allevents_new" }
}

function Invoke-Side { param($World, [string] $Sql) $null = [EtlTableOpsTests.Side]::Run($World.Connection, $Sql) }
function Get-Side { param($World, [string] $Sql) [EtlTableOpsTests.Side]::Rows($World.Connection, $Sql) }

# Every object of the database with its rows' sum, to prove that nothing was written.
function Get-Fingerprint {
    param($World)
    if ($World.Engine -eq 'sqlite') {
        $objects = Get-Side $World "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    } else {
        $schema = $World.Prefix.TrimEnd('.')
        $objects = Get-Side $World "SELECT c.relkind::text || ' ' || c.relname || ' ' || c.oid FROM pg_class c WHERE c.relnamespace = '$schema'::regnamespace ORDER BY 1"
        $objects += Get-Side $World "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = '$schema'::regnamespace ORDER BY 1"
    }
    $journal = @(try { Get-Side $World "SELECT * FROM $($World.Prefix)etltableops_journal ORDER BY 1" } catch { 'no journal' })
    (@($objects) + (Get-Side $World "SELECT * FROM $($World.Table) ORDER BY 1") + $journal) -join "`n"
}
