#Requires -Version 7.4
<#
.SYNOPSIS
    Runs the whole job in a real Snowflake account and says, claim by claim, what the account really does.
.DESCRIPTION
    The engine rests on what Snowflake's manual says (D), on what others report (P) and on what follows from these (I); its tests run against a
    model of that. This script makes a schema of its own, tries every such claim that a script can try, runs the module's job (shadow, import,
    sync, test, switch, undo), prints one row per claim, and drops the schema.

    It needs a role that may create a schema in the connection's database, and a warehouse (the smallest is enough; it runs for a few
    minutes). What needs an edition or a right that is not there is listed as "not tested", with the server's words.

    A claim that comes out as DIFFERENT is news: open an issue with the row.
.PARAMETER Connection
    The name of an entry of connections.toml, or a connection text behind snowflake:.
.PARAMETER Module
    The module to be tried; the built one in artifacts where it is not given.
.PARAMETER OutFile
    A file for the table, as JSON.
.PARAMETER KeepSchema
    Leaves the schema for a look around.
.EXAMPLE
    ./build.ps1 -Task Pack; ./tests/snowflake/Acceptance.ps1 -Connection dev
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Connection,
    [string] $Module = (Join-Path $PSScriptRoot '..' '..' 'artifacts' 'module' 'EtlTableOps'),
    [string] $OutFile,
    [switch] $KeepSchema
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Import-Module $Module
$core = [EtlTableOps.Engines.EtlDatabase].Assembly.Location
if (-not ('EtlTableOps.Acceptance.Probe' -as [type])) {
    # A script block cannot map rows on a driver's thread, so these few lines do.
    Add-Type -IgnoreWarnings -CompilerOptions '-nowarn:CS1701' -ReferencedAssemblies $core, System.Data.Common, System.Collections, System.Collections.Specialized, System.ComponentModel.Primitives, System.Threading, netstandard -TypeDefinition @'
using System.Collections.Generic;
using System.Collections.Specialized;
using System.Data.Common;
using System.Threading;
using System.Threading.Tasks;
using EtlTableOps.Engines;
namespace EtlTableOps.Acceptance {
    public static class Probe {
        public static Task<IReadOnlyList<OrderedDictionary>> Begin(IEngineSession session, string sql) {
            return Task.Run(() => session.QueryAsync<OrderedDictionary>(new Sql(sql), Map, CancellationToken.None));
        }
        private static OrderedDictionary Map(DbDataReader reader) {
            var row = new OrderedDictionary(System.StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < reader.FieldCount; i++) row[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            return row;
        }
    }
}
'@
}

$db = Connect-EtlDatabase "snowflake:$Connection" -Name acceptance
if (-not $db.Warehouse) { throw 'The connection has no warehouse; give the entry one.' }
$none = [System.Threading.CancellationToken]::None
function New-Session { $db.OpenSessionAsync($none).GetAwaiter().GetResult() }
$main = New-Session
$schema = 'ETLTABLEOPS_ACCEPTANCE_' + [guid]::NewGuid().ToString('N').Substring(0, 8).ToUpperInvariant()
$role = "${schema}_READER"

function Get-Row([string] $Sql, $On = $main) { , @([EtlTableOps.Acceptance.Probe]::Begin($On, $Sql).GetAwaiter().GetResult()) }
function Invoke-Sql([string[]] $Sql, $On = $main) { foreach ($one in $Sql) { $null = Get-Row $one $On } }
function Get-Value([string] $Sql, $On = $main) { $rows = Get-Row $Sql $On; if ($rows.Count -gt 0) { $rows[0][0] } }

# What the server said of a statement that fails: its code and words; 'no failure' where it ran.
function Get-Failure([string] $Sql, $On = $main) {
    try { Invoke-Sql $Sql $On; 'no failure' }
    catch {
        for ($e = $_.Exception; $e -and -not $e.PSObject.Properties['SqlState']; $e = $e.InnerException) { }
        if (-not $e) { return "$($_.Exception.GetBaseException().Message)" }
        '{0:000000} {1}: {2}' -f $e.ErrorCode, $e.SqlState, ($e.Message -replace '\s+', ' ')
    }
}

$claims = [System.Collections.Generic.List[object]]::new()

# Tries one claim. The block returns what was seen, and whether that is as stated ($null: an open question, any answer is one).
function Test-Claim([string] $Section, [string] $Mark, [string] $Claim, [scriptblock] $Try) {
    Write-Progress -Activity 'Acceptance' -Status $Claim
    try {
        $seen, $holds = & $Try
        $verdict = if ($null -eq $holds) { 'seen' } elseif ($holds) { 'as stated' } else { 'DIFFERENT' }
    }
    catch {
        $seen, $verdict = (($_.Exception.GetBaseException().Message) -replace '\s+', ' '), 'not tested'
    }
    $claims.Add([pscustomobject]@{ Section = $Section; Mark = $Mark; Claim = $Claim; Verdict = $verdict; Seen = "$seen" })
}
function Skip-Claim([string] $Section, [string] $Mark, [string] $Claim, [string] $Why) {
    $claims.Add([pscustomobject]@{ Section = $Section; Mark = $Mark; Claim = $Claim; Verdict = 'not tested'; Seen = $Why })
}

# A pair of tables: A with the row 1, B with the rows 2 and 3.
function New-Pair([string] $Kind = '', [string] $Other = $Kind) {
    Invoke-Sql 'DROP TABLE IF EXISTS A', 'DROP TABLE IF EXISTS B', 'DROP TABLE IF EXISTS C', "CREATE $Kind TABLE A (ID NUMBER(38,0), V VARCHAR)", "CREATE $Other TABLE B (ID NUMBER(38,0), V VARCHAR)",
        "INSERT INTO A VALUES (1, 'a')", "INSERT INTO B VALUES (2, 'b'), (3, 'c')"
}
function New-PastTable { Invoke-Sql 'CREATE OR REPLACE TABLE PAST (ID NUMBER(38,0) PRIMARY KEY, V VARCHAR) CHANGE_TRACKING = TRUE', "INSERT INTO PAST VALUES (1, 'a'), (2, 'b'), (3, 'c')" }
function Get-Shown([string] $Name) {
    $found = (Get-Row "SHOW TABLES LIKE '$Name' IN SCHEMA $schema") | Where-Object { $_['name'] -ceq $Name } | Select-Object -First 1
    if ($null -eq $found) { throw "SHOW TABLES does not list $Name." }
    $found
}
function Get-Born([string] $Name) { (Get-Shown $Name)['created_on'].ToString('o') }
function Get-Grant([string] $Name) { (@((Get-Row "SHOW GRANTS ON TABLE $Name") | Where-Object { $_['privilege'] -ne 'OWNERSHIP' } | ForEach-Object { "$($_['privilege']) to $($_['grantee_name'])" } | Sort-Object) -join ', ') }
function Get-Policy([string] $Name) { (@((Get-Row "SELECT POLICY_NAME FROM TABLE(INFORMATION_SCHEMA.POLICY_REFERENCES(REF_ENTITY_NAME => '$schema.$Name', REF_ENTITY_DOMAIN => 'TABLE')) ORDER BY 1") | ForEach-Object { $_[0] }) -join ', ') }
function Get-Now { Get-Value "SELECT TO_VARCHAR(DATE_PART(EPOCH_NANOSECOND, SYSDATE()))" }
function Get-At($Nanoseconds) { "AT (TIMESTAMP => TO_TIMESTAMP_LTZ($Nanoseconds, 9))" }
$swap = 'ALTER TABLE A SWAP WITH B'

try {
    Invoke-Sql "CREATE SCHEMA $schema", "USE SCHEMA $schema"
    $hasRole = (Get-Failure "CREATE ROLE $role") -eq 'no failure'
    $reader = if ($hasRole) { $role } else { 'PUBLIC' }

    # ---- 1.1 SWAP -----------------------------------------------------------------------------------------------------------------------
    Test-Claim 1.1 D 'SWAP exchanges both names in one statement' {
        New-Pair; Invoke-Sql $swap
        $seen = "A has $(Get-Value 'SELECT COUNT(*) FROM A') rows, B has $(Get-Value 'SELECT COUNT(*) FROM B')"; $seen, ($seen -eq 'A has 2 rows, B has 1')
    }
    Test-Claim 1.1 I 'created_on is the object''s: it travels at a SWAP and at a RENAME' {
        New-Pair; $a, $b = (Get-Born A), (Get-Born B); Invoke-Sql $swap, 'ALTER TABLE B RENAME TO C'
        $now = (Get-Born A), (Get-Born C)
        "before $a and $b, after $($now -join ' and ')", ($b -eq $now[0] -and $a -eq $now[1] -and $a -ne $b)
    }
    Test-Claim 1.1 D 'A permanent and a temporary table do not change places' { New-Pair '' 'TEMPORARY'; $seen = Get-Failure $swap; $seen, ($seen -ne 'no failure') }
    Test-Claim 1.1 D 'A permanent and a transient table do, and the live name changes its kind' {
        New-Pair '' 'TRANSIENT'; $seen = Get-Failure $swap; if ($seen -eq 'no failure') { $seen = "A is now $((Get-Shown A)['kind'])" }; $seen, ($seen -match 'TRANSIENT')
    }
    Test-Claim 1.1 D/P 'Grants stay with the object' {
        New-Pair; Invoke-Sql "GRANT SELECT ON TABLE A TO ROLE $reader", $swap
        $seen = "A: [$(Get-Grant A)], B: [$(Get-Grant B)]"; $seen, ((Get-Grant A) -eq '' -and (Get-Grant B) -match 'SELECT')
    }
    Test-Claim 1.1 D 'Comment, cluster key, retention and change tracking go with the object' {
        New-Pair; Invoke-Sql "COMMENT ON TABLE A IS 'own'", 'ALTER TABLE A CLUSTER BY (ID)', 'ALTER TABLE A SET CHANGE_TRACKING = TRUE', 'ALTER TABLE A SET DATA_RETENTION_TIME_IN_DAYS = 0', $swap
        $b = Get-Shown B; $seen = 'comment', 'cluster_by', 'retention_time', 'change_tracking' | ForEach-Object { "$_ $($b[$_])" }
        ($seen -join ', '), ($b['comment'] -eq 'own' -and $b['cluster_by'] -match 'ID' -and "$($b['retention_time'])" -eq '0' -and $b['change_tracking'] -eq 'ON')
    }
    Test-Claim 1.1 D 'A row access policy stays with the object (Enterprise)' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE ROW ACCESS POLICY RAP AS (I NUMBER) RETURNS BOOLEAN -> TRUE', 'ALTER TABLE A ADD ROW ACCESS POLICY RAP ON (ID)', $swap
        $seen = "A: [$(Get-Policy A)], B: [$(Get-Policy B)]"; $seen, ((Get-Policy A) -eq '' -and (Get-Policy B) -eq 'RAP')
    }
    Test-Claim 1.1 D 'A masking policy stays with the column of its object (Enterprise)' {
        New-Pair; Invoke-Sql "CREATE OR REPLACE MASKING POLICY MP AS (T VARCHAR) RETURNS VARCHAR -> 'x'", 'ALTER TABLE A ALTER COLUMN V SET MASKING POLICY MP', $swap
        $seen = "A: [$(Get-Policy A)], B: [$(Get-Policy B)]"; $seen, ((Get-Policy A) -eq '' -and (Get-Policy B) -eq 'MP')
    }
    Test-Claim 1.1 I 'A foreign key of another table follows the old object' {
        New-Pair; Invoke-Sql 'ALTER TABLE A ADD PRIMARY KEY (ID)', 'ALTER TABLE B ADD PRIMARY KEY (ID)', 'CREATE OR REPLACE TABLE CHILD (A_ID NUMBER(38,0) REFERENCES A (ID))', $swap
        $seen = (Get-Row 'SHOW IMPORTED KEYS IN TABLE CHILD')[0]['pk_table_name']; Invoke-Sql 'DROP TABLE CHILD'; "it references $seen", ($seen -eq 'B')
    }
    Test-Claim 1.1 I 'Time Travel to before the SWAP reads the other table''s past under the live name' {
        New-Pair; $then = Get-Now; Start-Sleep 1; Invoke-Sql $swap
        $seen = Get-Value "SELECT LISTAGG(ID, ',') WITHIN GROUP (ORDER BY ID) FROM A $(Get-At $then)"; "A then: $seen", ($seen -eq '2,3')
    }
    Test-Claim 1.1 D? 'A stream on a table that took part in a SWAP (the manual disagrees with itself)' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE STREAM S ON TABLE A', "INSERT INTO A VALUES (10, 'x')", $swap, "INSERT INTO A VALUES (20, 'y')", "INSERT INTO B VALUES (30, 'z')"
        $failure = Get-Failure 'SELECT COUNT(*) FROM S'
        $ids = if ($failure -eq 'no failure') { Get-Value "SELECT LISTAGG(ID, ',') WITHIN GROUP (ORDER BY ID) FROM S" }
        $shown = (Get-Row "SHOW STREAMS LIKE 'S' IN SCHEMA $schema")[0]
        "read: $failure $ids; shown on $($shown['table_name']), stale $($shown['stale'])", $null
    }
    Test-Claim 1.1 D 'A stream is not broken by a RENAME' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE STREAM S ON TABLE A', "INSERT INTO A VALUES (10, 'x')", 'ALTER TABLE A RENAME TO A2'
        $seen = Get-Failure 'SELECT COUNT(*) FROM S'; Invoke-Sql 'DROP STREAM S', 'DROP TABLE A2'; $seen, ($seen -eq 'no failure')
    }
    Test-Claim 1.1 D 'A view follows the name; one with a star fails when the columns differ' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE VIEW W AS SELECT * FROM A', $swap
        $rows = Get-Value 'SELECT COUNT(*) FROM W'; Invoke-Sql 'ALTER TABLE B ADD COLUMN N NUMBER', $swap
        $seen = Get-Failure 'SELECT * FROM W'; Invoke-Sql 'DROP VIEW W'; "$rows rows, then: $seen", ($rows -eq 2 -and $seen -ne 'no failure')
    }
    Test-Claim 1.1 D 'A SWAP suspends a materialized view (Enterprise)' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE MATERIALIZED VIEW MV AS SELECT ID FROM A', $swap
        $seen = "$(Get-Failure 'SELECT COUNT(*) FROM MV'); invalid: $((Get-Row "SHOW MATERIALIZED VIEWS LIKE 'MV' IN SCHEMA $schema")[0]['invalid'])"
        Invoke-Sql 'DROP MATERIALIZED VIEW MV'; $seen, ($seen -notmatch '^no failure; invalid: false$')
    }
    Test-Claim 1.1 D/I 'A dynamic table over a swapped table: computed anew, or fails' {
        New-Pair; Invoke-Sql 'ALTER TABLE A SET CHANGE_TRACKING = TRUE', 'ALTER TABLE B SET CHANGE_TRACKING = TRUE', "CREATE OR REPLACE DYNAMIC TABLE DT TARGET_LAG = '1 day' WAREHOUSE = `"$($db.Warehouse)`" REFRESH_MODE = INCREMENTAL AS SELECT ID, V FROM A", 'ALTER DYNAMIC TABLE DT REFRESH', $swap
        $failure = Get-Failure 'ALTER DYNAMIC TABLE DT REFRESH'
        $last = (Get-Row "SELECT REFRESH_ACTION, STATE, STATE_MESSAGE FROM TABLE(INFORMATION_SCHEMA.DYNAMIC_TABLE_REFRESH_HISTORY(NAME => '$($db.Database).$schema.DT')) ORDER BY REFRESH_START_TIME DESC LIMIT 1")
        $seen = "refresh: $failure; $(if ($last) { $last[0].Values -join ' ' }); rows $(Get-Value 'SELECT COUNT(*) FROM DT')"; Invoke-Sql 'DROP DYNAMIC TABLE DT'; $seen, $null
    }
    Test-Claim 1.1 D 'COPY''s load history is the object''s: after a SWAP the same files load again' {
        New-Pair; Invoke-Sql 'CREATE OR REPLACE STAGE ST', "COPY INTO @ST/f FROM (SELECT 7, 'g') FILE_FORMAT = (TYPE = CSV)", 'COPY INTO A FROM @ST FILE_FORMAT = (TYPE = CSV)', $swap, 'COPY INTO A FROM @ST FILE_FORMAT = (TYPE = CSV)'
        $rows = Get-Value 'SELECT COUNT(*) FROM A WHERE ID = 7'; "loaded $rows time(s) into the new A", ($rows -eq 1)
    }
    Test-Claim 1.1 I 'A SELECT that runs during a SWAP ends on the table that it began on' {
        New-Pair; $other = New-Session; Invoke-Sql "USE SCHEMA $schema" $other
        $running = [EtlTableOps.Acceptance.Probe]::Begin($other, 'SELECT MIN(A.ID) LO, MAX(A.ID) HI FROM A, (SELECT COUNT(*) N FROM TABLE(GENERATOR(TIMELIMIT => 8))) AS G'); Start-Sleep 3; Invoke-Sql $swap
        $row = $running.GetAwaiter().GetResult()[0]; $null = $other.DisposeAsync(); "ids $($row['LO'])..$($row['HI'])", ("$($row['LO'])$($row['HI'])" -eq '11')
    }
    Test-Claim 1.1 D? 'An INSERT that runs during a SWAP (the drain rests on where its rows go)' {
        New-Pair; $other = New-Session; Invoke-Sql "USE SCHEMA $schema" $other
        $running = [EtlTableOps.Acceptance.Probe]::Begin($other, "INSERT INTO A SELECT 100, 'w' FROM (SELECT COUNT(*) N FROM TABLE(GENERATOR(TIMELIMIT => 8))) AS G"); Start-Sleep 3; Invoke-Sql $swap
        $said = try { $null = $running.GetAwaiter().GetResult(); 'it succeeded' } catch { $_.Exception.GetBaseException().Message }
        $null = $other.DisposeAsync(); "$said; rows in the new A: $(Get-Value 'SELECT COUNT(*) FROM A WHERE ID = 100'), in the former A: $(Get-Value 'SELECT COUNT(*) FROM B WHERE ID = 100')", $null
    }
    Test-Claim 1.1 D 'SWAP needs OWNERSHIP of both tables' {
        if (-not $hasRole) { throw 'needs the right to create a role' }
        New-Pair; Invoke-Sql "GRANT ROLE $role TO ROLE `"$($db.Role)`"", "GRANT USAGE ON DATABASE `"$($db.Database)`" TO ROLE $role", "GRANT USAGE ON SCHEMA $schema TO ROLE $role", "GRANT ALL ON TABLE A TO ROLE $role", "GRANT ALL ON TABLE B TO ROLE $role"
        $other = New-Session; Invoke-Sql "USE SCHEMA $schema", "USE ROLE $role", 'USE SECONDARY ROLES NONE' $other; $seen = Get-Failure $swap $other; $null = $other.DisposeAsync(); $seen, ($seen -match '^00(3001|2003)')
    }

    # ---- 1.2 building -------------------------------------------------------------------------------------------------------------------
    function New-Rich { New-Pair; Invoke-Sql "GRANT SELECT ON TABLE A TO ROLE $reader", "COMMENT ON TABLE A IS 'own'", 'ALTER TABLE A CLUSTER BY (ID)', 'DROP TABLE B' }
    Test-Claim 1.2 D 'CLONE ... COPY GRANTS copies all grants but OWNERSHIP, and the comment' { New-Rich; Invoke-Sql 'CREATE TABLE B CLONE A COPY GRANTS'; "$(Get-Grant B), comment '$((Get-Shown B)['comment'])'", ((Get-Grant B) -eq (Get-Grant A) -and (Get-Shown B)['comment'] -eq 'own') }
    Test-Claim 1.2 D 'CLONE without it copies none' { New-Rich; Invoke-Sql 'CREATE TABLE B CLONE A'; "[$(Get-Grant B)]", ((Get-Grant B) -eq '') }
    Test-Claim 1.2 D 'LIKE ... COPY GRANTS copies all grants but OWNERSHIP' { New-Rich; Invoke-Sql 'CREATE TABLE B LIKE A COPY GRANTS'; (Get-Grant B), ((Get-Grant B) -eq (Get-Grant A)) }
    Test-Claim 1.2 D 'With COPY GRANTS the executing role is the grantor' { New-Rich; Invoke-Sql 'CREATE TABLE B CLONE A COPY GRANTS'; $by = @((Get-Row 'SHOW GRANTS ON TABLE B') | Where-Object { $_['privilege'] -eq 'SELECT' })[0]['granted_by']; $by, ($by -eq $db.Role) }
    Test-Claim 1.2 D 'A clone''s automatic clustering is suspended, a LIKE''s runs' { New-Rich; Invoke-Sql 'CREATE TABLE B CLONE A', 'CREATE OR REPLACE TABLE C LIKE A'; $seen = "clone $((Get-Shown B)['automatic_clustering']), like $((Get-Shown C)['automatic_clustering'])"; Invoke-Sql 'DROP TABLE C'; $seen, ($seen -eq 'clone OFF, like ON') }
    Test-Claim 1.2 D 'A clone keeps the row access policy; LIKE and CTAS do not (Enterprise)' {
        New-Pair; Invoke-Sql 'DROP TABLE B', 'CREATE OR REPLACE ROW ACCESS POLICY RAP AS (I NUMBER) RETURNS BOOLEAN -> TRUE', 'ALTER TABLE A ADD ROW ACCESS POLICY RAP ON (ID)', 'CREATE TABLE B CLONE A', 'CREATE OR REPLACE TABLE C LIKE A', 'CREATE OR REPLACE TABLE D AS SELECT * FROM A'
        $seen = "clone [$(Get-Policy B)], LIKE [$(Get-Policy C)], CTAS [$(Get-Policy D)]"; Invoke-Sql 'DROP TABLE C', 'DROP TABLE D'; $seen, ($seen -eq 'clone [RAP], LIKE [], CTAS []')
    }
    Test-Claim 1.2 I 'LIKE and masking policies: to be seen (Enterprise)' { New-Pair; Invoke-Sql 'DROP TABLE B', "CREATE OR REPLACE MASKING POLICY MP AS (T VARCHAR) RETURNS VARCHAR -> 'x'", 'ALTER TABLE A ALTER COLUMN V SET MASKING POLICY MP', 'CREATE TABLE B LIKE A'; "LIKE [$(Get-Policy B)]", $null }
    Test-Claim 1.2 D 'CLONE AT takes a time in nanoseconds and gives the rows of then' { New-Pair; Start-Sleep 1; $then = Get-Now; Start-Sleep 1; Invoke-Sql "INSERT INTO A VALUES (9, 'later')", 'DROP TABLE B', "CREATE TABLE B CLONE A $(Get-At $then) COPY GRANTS"; $n = Get-Value 'SELECT COUNT(*) FROM B'; "$n row(s)", ($n -eq 1) }
    Test-Claim 1.2 D 'A clone''s identity and its source''s do not share numbers to come' { Invoke-Sql 'CREATE OR REPLACE TABLE I1 (ID NUMBER IDENTITY START 1 INCREMENT 1 ORDER, V VARCHAR)', "INSERT INTO I1 (V) VALUES ('a')", 'CREATE OR REPLACE TABLE I2 CLONE I1', "INSERT INTO I1 (V) VALUES ('b')", "INSERT INTO I2 (V) VALUES ('c')"; "source $(Get-Value 'SELECT MAX(ID) FROM I1'), clone $(Get-Value 'SELECT MAX(ID) FROM I2')", $null }
    Test-Claim 1.2 D 'A FUTURE grant is not applied where COPY GRANTS is said' {
        New-Pair; Invoke-Sql "GRANT INSERT ON FUTURE TABLES IN SCHEMA $schema TO ROLE $reader", 'DROP TABLE B'
        try { Invoke-Sql 'CREATE TABLE B CLONE A COPY GRANTS', 'CREATE OR REPLACE TABLE C CLONE A'; $seen = "with it [$(Get-Grant B)], without [$(Get-Grant C)]"; $seen, ((Get-Grant B) -notmatch 'INSERT' -and (Get-Grant C) -match 'INSERT') }
        finally { Invoke-Sql "REVOKE INSERT ON FUTURE TABLES IN SCHEMA $schema FROM ROLE $reader", 'DROP TABLE IF EXISTS C' }
    }

    # ---- 1.3 other ways -----------------------------------------------------------------------------------------------------------------
    Test-Claim 1.3 D 'INSERT OVERWRITE keeps the object, its grants and its streams' {
        New-Pair; Invoke-Sql "GRANT SELECT ON TABLE A TO ROLE $reader", 'CREATE OR REPLACE STREAM S ON TABLE A'; $before = Get-Born A; Invoke-Sql 'INSERT OVERWRITE INTO A SELECT * FROM B'
        $seen = "created_on kept: $($before -eq (Get-Born A)), grants [$(Get-Grant A)], stream: $(Get-Failure 'SELECT COUNT(*) FROM S')"; Invoke-Sql 'DROP STREAM S'; $seen, ($seen -match 'True, grants \[.*SELECT.*stream: no failure')
    }
    Test-Claim 1.3 D 'INSERT OVERWRITE takes part in a transaction: it can be rolled back, and COMMIT''s id tells the moment before and after' {
        New-Pair; Invoke-Sql 'ALTER TABLE A SET CHANGE_TRACKING = TRUE', 'BEGIN', 'INSERT OVERWRITE INTO A SELECT * FROM B', 'ROLLBACK'; $kept = Get-Value 'SELECT COUNT(*) FROM A'; $new = Get-Value 'SELECT COUNT(*) FROM B'
        Invoke-Sql 'BEGIN', 'INSERT OVERWRITE INTO A SELECT * FROM B', 'COMMIT', 'SET OW = LAST_QUERY_ID()', "INSERT INTO A VALUES (77, 'later')"
        $before = Get-Value 'SELECT COUNT(*) FROM A BEFORE (STATEMENT => $OW)'; $after = Get-Value 'SELECT COUNT(*) FROM A AT (STATEMENT => $OW)'; $since = Get-Value 'SELECT COUNT(*) FROM A CHANGES (INFORMATION => DEFAULT) AT (STATEMENT => $OW)'
        "rolled back $kept row(s), before $before, at $after of $new, changed since $since", ($before -eq $kept -and $after -eq $new -and $since -eq 1)
    }
    Test-Claim 1.3 I 'COMMIT is in the history of its session at once, under its text' {
        New-Pair; Invoke-Sql 'BEGIN', "INSERT INTO A VALUES (78, 'in')", 'COMMIT', 'SET SESSION_NO = TO_NUMBER(CURRENT_SESSION())'
        $n = Get-Value "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(SESSION_ID => `$SESSION_NO, RESULT_LIMIT => 10000)) WHERE QUERY_TEXT = 'COMMIT' AND EXECUTION_STATUS = 'SUCCESS'"; "$n found", ($n -ge 1)
    }
    Test-Claim 1.3 I 'An INSERT of another session while an overwrite is open waits for its end, or its row stays' {
        New-Pair; $other = New-Session
        try {
            Invoke-Sql 'ALTER SESSION SET LOCK_TIMEOUT = 2' $other; Invoke-Sql 'BEGIN', 'INSERT OVERWRITE INTO A SELECT * FROM B'
            $said = try { Invoke-Sql "INSERT INTO A VALUES (79, 'meanwhile')" $other; 'went through' } catch { "waited: $($_.Exception.Message.Split("`n")[0])" }
            Invoke-Sql 'COMMIT'; $n = Get-Value 'SELECT COUNT(*) FROM A WHERE ID = 79'
            "$said, $n row(s) afterwards", (($said -eq 'went through') -eq ($n -eq 1))
        }
        finally { $null = $other.DisposeAsync() }
    }
    Test-Claim 1.3 I 'EXPLAIN INSERT OVERWRITE runs nothing' { New-Pair; $before = Get-Value 'SELECT COUNT(*) FROM A'; $null = Get-Row 'EXPLAIN USING TEXT INSERT OVERWRITE INTO A SELECT * FROM B'; $n = Get-Value 'SELECT COUNT(*) FROM A'; "$n row(s)", ($n -eq $before) }
    Test-Claim 1.3 D 'CREATE OR REPLACE ... CLONE ... COPY GRANTS keeps the replaced table''s grants' { New-Pair; Invoke-Sql "GRANT SELECT ON TABLE A TO ROLE $reader", 'CREATE OR REPLACE TABLE A CLONE B COPY GRANTS'; (Get-Grant A), ((Get-Grant A) -match 'SELECT') }

    # ---- 1.4 transactions ---------------------------------------------------------------------------------------------------------------
    foreach ($ddl in $swap, 'CREATE TEMPORARY STAGE TS', "COMMENT ON TABLE B IS 'x'") {
        Test-Claim 1.4 D "DDL commits the open transaction: $ddl" { New-Pair; Invoke-Sql 'BEGIN', "INSERT INTO A VALUES (50, 'in')", $ddl, 'ROLLBACK'; $n = (Get-Value 'SELECT COUNT(*) FROM A WHERE ID = 50') + (Get-Value 'SELECT COUNT(*) FROM B WHERE ID = 50'); "$n row(s) after the rollback", ($n -eq 1) }
    }
    Test-Claim 1.4 ? 'The code of a LOCK_TIMEOUT that ran out (not documented)' {
        New-Pair; $other = New-Session; Invoke-Sql "USE SCHEMA $schema", 'BEGIN', "UPDATE A SET V = 'mine'" $other
        Invoke-Sql 'ALTER SESSION SET LOCK_TIMEOUT = 2'; $seen = Get-Failure "UPDATE A SET V = 'other'"; Invoke-Sql 'ROLLBACK' $other; $null = $other.DisposeAsync(); $seen, $null
    }

    # ---- 1.6 change tracking ------------------------------------------------------------------------------------------------------------
    Test-Claim 1.6 D 'CHANGES takes times in nanoseconds; begins after its start, ends with its end; an update is two rows' {
        New-Pair; Invoke-Sql 'ALTER TABLE B SET CHANGE_TRACKING = TRUE'; Start-Sleep 1; $from = Get-Now; Start-Sleep 1
        Invoke-Sql "UPDATE B SET V = 'B' WHERE ID = 2", 'DELETE FROM B WHERE ID = 3', "INSERT INTO B VALUES (4, 'd')", "INSERT INTO B VALUES (5, 'e')", 'DELETE FROM B WHERE ID = 5'; Start-Sleep 1; $to = Get-Now; Start-Sleep 1; Invoke-Sql "INSERT INTO B VALUES (6, 'f')"
        $seen = Get-Value "SELECT LISTAGG(METADATA`$ACTION || ID || IFF(METADATA`$ISUPDATE, 'u', ''), ' ') WITHIN GROUP (ORDER BY ID, METADATA`$ACTION) FROM B CHANGES (INFORMATION => DEFAULT) $(Get-At $from) END (TIMESTAMP => TO_TIMESTAMP_LTZ($to, 9))"
        $seen, ($seen -eq 'DELETE2u INSERT2u DELETE3 INSERT4')
    }
    Test-Claim 1.6 I 'CHANGES of the former table can be read under its new name after a SWAP and a RENAME' {
        New-Pair; Invoke-Sql 'ALTER TABLE A SET CHANGE_TRACKING = TRUE'; Start-Sleep 1; $from = Get-Now; Start-Sleep 1; Invoke-Sql "INSERT INTO A VALUES (11, 'x')", $swap, 'ALTER TABLE B RENAME TO C'
        $seen = Get-Value "SELECT LISTAGG(ID, ',') FROM C CHANGES (INFORMATION => DEFAULT) $(Get-At $from)"; Invoke-Sql 'DROP TABLE C'; "ids $seen", ($seen -eq '11')
    }
    Test-Claim 1.6 D 'A clone keeps METADATA$ROW_ID of the rows that it took' {
        New-Pair; Invoke-Sql 'DROP TABLE B', 'ALTER TABLE A SET CHANGE_TRACKING = TRUE', 'CREATE TABLE B CLONE A', 'ALTER TABLE B SET CHANGE_TRACKING = TRUE'; Start-Sleep 1; $from = Get-Now; Start-Sleep 1; Invoke-Sql 'DELETE FROM A', 'DELETE FROM B'
        $ids = 'A', 'B' | ForEach-Object { Get-Value "SELECT MAX(METADATA`$ROW_ID) FROM $_ CHANGES (INFORMATION => DEFAULT) $(Get-At $from)" }; ($ids -join ' / '), ($ids[0] -and $ids[0] -eq $ids[1])
    }
    Test-Claim 1.6 D 'MERGE with two source rows for one target row is an error' { New-Pair; Invoke-Sql "INSERT INTO B VALUES (1, 'x'), (1, 'y')"; $seen = Get-Failure 'MERGE INTO A USING B ON A.ID = B.ID WHEN MATCHED THEN UPDATE SET V = B.V'; $seen, ($seen -ne 'no failure') }

    # ---- 1.7 checks ---------------------------------------------------------------------------------------------------------------------
    Test-Claim 1.7 D 'HASH_AGG: order of rows does not count, order of columns does, empty is 0, scale does not count, text is no number' {
        $row = (Get-Row "SELECT (SELECT HASH_AGG(A, B) FROM VALUES (1, 2), (3, 4) AS T (A, B)) = (SELECT HASH_AGG(A, B) FROM VALUES (3, 4), (1, 2) AS T (A, B)) R1, (SELECT HASH_AGG(A, B) FROM VALUES (1, 2) AS T (A, B)) <> (SELECT HASH_AGG(B, A) FROM VALUES (1, 2) AS T (A, B)) R2, (SELECT HASH_AGG(A) FROM VALUES (1) AS T (A) WHERE FALSE) = 0 R3, HASH(1::NUMBER(5,0)) = HASH(1.00::NUMBER(9,2)) R4, HASH('10') <> HASH(10) R5")[0]
        ($row.Values -join ' '), (-not (@($row.Values) -contains $false))
    }
    Test-Claim 1.7 I 'SUM(HASH(...)) adds up over parts, without an overflow' { $seen = Get-Value 'SELECT SUM(HASH(X)) = SUM(IFF(X % 2 = 0, HASH(X), 0)) + SUM(IFF(X % 2 = 1, HASH(X), 0)) FROM (SELECT SEQ8() X FROM TABLE(GENERATOR(ROWCOUNT => 1000000)))'; "$seen", ($seen -eq $true) }

    # ---- 1.9 session, cost, load --------------------------------------------------------------------------------------------------------
    Test-Claim 1.9 D 'The tag of a statement is in the query history at once; SWAP, CLONE, RENAME and SHOW use no warehouse' {
        $tag = "acceptance $schema"; New-Pair; Invoke-Sql "ALTER SESSION SET QUERY_TAG = '$tag'", $swap, 'CREATE OR REPLACE TABLE C CLONE A', 'ALTER TABLE C RENAME TO C2', "SHOW TABLES LIKE 'A' IN SCHEMA $schema", 'SELECT COUNT(*) FROM A', "ALTER SESSION SET QUERY_TAG = ''", 'DROP TABLE C2'
        $rows = Get-Row "SELECT QUERY_TEXT, WAREHOUSE_SIZE, BYTES_SCANNED, EXECUTION_STATUS FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(RESULT_LIMIT => 100)) WHERE QUERY_TAG = '$tag'"
        $seen = @($rows | ForEach-Object { "$(([string]$_['QUERY_TEXT']).Split(' ')[0, 1] -join ' '): $($_['WAREHOUSE_SIZE'] ?? 'none')/$($_['BYTES_SCANNED'])" }) -join '; '
        $seen, ($rows.Count -ge 5 -and -not @($rows | Where-Object { $_['QUERY_TEXT'] -notmatch '^SELECT' -and $_['WAREHOUSE_SIZE'] }).Count)
    }

    # ---- 1.10 errors --------------------------------------------------------------------------------------------------------------------
    foreach ($expected in @(
            @('002003', 'a table that is not there', 'SELECT 1 FROM NOT_THERE'), @('002002', 'one that is there already', 'CREATE TABLE A (X NUMBER)'), @('001003', 'a syntax error', 'SELEC 1'),
            @('100038', 'a text that is no number', "INSERT INTO A (ID) SELECT V FROM (SELECT 'x' || SEQ4() V FROM TABLE(GENERATOR(ROWCOUNT => 1)))"), @('000707', 'a time before all data', "SELECT 1 FROM A AT (OFFSET => -7776000)"))) {
        Test-Claim 1.10 D "Code $($expected[0]) for $($expected[1])" { New-Pair; $seen = Get-Failure $expected[2]; $seen, $seen.StartsWith($expected[0]) }
    }
    Test-Claim 1.10 D 'Code 000630 for a statement that runs too long' { $other = New-Session; Invoke-Sql 'ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 2' $other; $seen = Get-Failure 'CALL SYSTEM$WAIT(10)' $other; $null = $other.DisposeAsync(); $seen, $seen.StartsWith('000630') }

    Skip-Claim 1.1 D 'Shares, AUTO_INGEST pipes, hybrid and Iceberg tables' 'need a file service, another account or an edition; see the manual'
    Skip-Claim 1.4 D 'A session that dies in a transaction leaves it open for minutes to hours' 'takes hours'
    Skip-Claim 1.5 D 'OBJECT_DEPENDENCIES lags by up to three hours' 'takes hours'
    Skip-Claim 1.11 D 'The driver sends a lost request again with the same id' 'needs a broken network; tried against a loopback server'

    # ---- the module's own job -----------------------------------------------------------------------------------------------------------
    $live = "$schema.JOB"
    Test-Claim Job - 'A table with many kinds of columns, 30,000 rows, a cluster key, a comment and a grant' {
        Invoke-Sql "CREATE TABLE JOB (ID NUMBER(38,0) PRIMARY KEY, KIND VARCHAR(20), AMOUNT NUMBER(12,2), AT_TIME TIMESTAMP_NTZ, DOC VARIANT, BYTES BINARY, NOTE VARCHAR) CLUSTER BY (KIND) COMMENT = 'the job''s own'", "GRANT SELECT ON TABLE JOB TO ROLE $reader",
            "INSERT INTO JOB SELECT X, IFF(X % 3 = 0, 'old', 'new'), X / 7, DATEADD(SECOND, X, '2026-01-01'::TIMESTAMP_NTZ), PARSE_JSON('{`"n`": ' || X || '}'), TO_BINARY('01', 'HEX'), NULL FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ8()) X FROM TABLE(GENERATOR(ROWCOUNT => 30000))) AS G"
        $script:id = Get-Born JOB; "$(Get-Value 'SELECT COUNT(*) FROM JOB') rows", $true
    }
    $file = Join-Path ([System.IO.Path]::GetTempPath()) "$schema.csv"
    Set-Content -LiteralPath $file -Encoding utf8 -Value @'
ID,KIND,AMOUNT,AT_TIME,DOC,BYTES,NOTE
1000001,new,12.50,2026-11-20T20:15:00.123456789,"{""a"": [1, null]}",01ab,"quote "" comma, line
end \N"
1000002,new,0,2026-11-20,null,0x,
1000003,,-1.5,2026-11-20 20:15:00Z,,,""
'@
    Test-Claim Job - 'New-ShadowTable: rows removed and a column added on a clone' { $s = New-ShadowTable $live -Where "KIND <> 'old'" -AddColumn "BAND VARCHAR(10) = IFF(AMOUNT >= 1000, 'large', 'small')" -Confirm:$false; $n = Get-Value 'SELECT COUNT(*) FROM JOB_NEW'; "$n rows, of which it says $($s.Rows)", ($n -eq 20000) }
    Test-Claim Job - 'Import-ShadowTable: PUT and COPY INTO keep every value' {
        $s = Import-ShadowTable $live -Path $file -Confirm:$false
        $row = (Get-Row "SELECT COUNT(*) N, MAX(IFF(ID = 1000001, TO_VARCHAR(AT_TIME, 'YYYY-MM-DD HH24:MI:SS.FF9') || '|' || DOC:a[0] || '|' || TO_VARCHAR(BYTES) || '|' || LENGTH(NOTE) || '|' || RIGHT(NOTE, 2), NULL)) V, MAX(IFF(ID = 1000003, IFF(KIND IS NULL, 'null', KIND) || '|' || IFF(NOTE IS NULL, 'null', NOTE) || '|' || IFF(DOC IS NULL, 'null', 'some'), NULL)) E FROM JOB_NEW WHERE ID > 1000000")[0]
        "$($row.Values -join ' ; ')", ("$($row['N'])" -eq '3' -and $row['V'] -match '^2026-11-20 20:15:00\.123456789\|1\|01AB\|\d+\|\\N$' -and $row['E'] -eq 'null||null')
    }
    Test-Claim Job I 'The place in COPY''s message of a row that only the server refuses is understood' {
        $bad = "$file.bad.csv"; Set-Content -LiteralPath $bad -Value "ID,KIND,AMOUNT`n1000010,new,9999999999.999`n"
        try { $null = Import-ShadowTable $live -Path $bad -Confirm:$false; 'it was taken', $false } catch { $_.Exception.Message, ("$($_.Exception.Code)" -eq 'BadRow') } finally { Remove-Item -LiteralPath $bad }
    }
    # Files that the account itself writes, in each kind, so that none has to be brought along.
    foreach ($kind in @(
            @('PARQUET', 'TYPE = PARQUET', 'HEADER = TRUE', 1100001, "SELECT 1100001 ID, 'new' KIND, 1.25::NUMBER(12,2) AMOUNT, '2026-11-20 20:15:00.123'::TIMESTAMP_NTZ AT_TIME"),
            @('JSON', 'TYPE = JSON', '', 1100002, "SELECT OBJECT_CONSTRUCT('ID', 1100002, 'KIND', 'new', 'AMOUNT', 1.25, 'AT_TIME', '2026-11-20 20:15:00.123')"),
            @('CSV', "TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '`"' COMPRESSION = NONE", 'HEADER = TRUE', 1100003, "SELECT 1100003 ID, 'new' KIND, 1.25::NUMBER(12,2) AMOUNT, '2026-11-20 20:15:00.123'::TIMESTAMP_NTZ AT_TIME, NULL::VARCHAR DOC, NULL::VARCHAR BYTES, NULL::VARCHAR NOTE, NULL::VARCHAR BAND"))) {
        Test-Claim Job I "Import-ShadowTable -FromStage: $($kind[0]) by the names that INFER_SCHEMA reads, in one transaction with the journal" {
            Invoke-Sql 'CREATE STAGE IF NOT EXISTS LANDING', "COPY INTO @LANDING/$($kind[0])/f FROM ($($kind[4])) FILE_FORMAT = ($($kind[1])) $($kind[2])"
            $s = Import-ShadowTable $live -FromStage "@$schema.LANDING/$($kind[0])/" -FileFormat $kind[0] -Confirm:$false
            $seen = Get-Value "SELECT KIND || '|' || AMOUNT || '|' || TO_VARCHAR(AT_TIME, 'YYYY-MM-DD HH24:MI:SS.FF3') FROM JOB_NEW WHERE ID = $($kind[3])"
            "$($s.RowsDone) rows; $seen", ($s.RowsDone -eq 1 -and $seen -eq 'new|1.25|2026-11-20 20:15:00.123')
        }
    }
    Test-Claim Job I 'A bad row of a stage is BadRow with its file, and a COPY that was rolled back leaves nothing' {
        Invoke-Sql "COPY INTO @LANDING/bad/f FROM (SELECT OBJECT_CONSTRUCT('ID', 'no number')) FILE_FORMAT = (TYPE = JSON)"
        $before = Get-Value 'SELECT COUNT(*) FROM JOB_NEW'
        try { $null = Import-ShadowTable $live -FromStage "@$schema.LANDING/bad/" -FileFormat JSON -Confirm:$false; 'it was taken', $false }
        catch { "$($_.Exception.Code): $($_.Exception.Message)", ("$($_.Exception.Code)" -eq 'BadRow' -and $before -eq (Get-Value 'SELECT COUNT(*) FROM JOB_NEW')) }
    }
    Test-Claim 1.9 D 'MATCH_BY_COLUMN_NAME makes columns null that the files do not have, and not their defaults' {
        Invoke-Sql "CREATE OR REPLACE TABLE D1 (ID NUMBER, V VARCHAR DEFAULT 'given')", "COPY INTO @LANDING/match/f FROM (SELECT OBJECT_CONSTRUCT('id', 1)) FILE_FORMAT = (TYPE = JSON)", "COPY INTO D1 FROM @LANDING/match/ FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
        $seen = Get-Value "SELECT COALESCE(V, 'null') FROM D1"; $seen, ($seen -eq 'null')
    }
    Test-Claim Job - 'Sync-ShadowTable brings over what changed meanwhile' { Invoke-Sql "INSERT INTO JOB (ID, KIND, AMOUNT) VALUES (2000001, 'new', 1)", "UPDATE JOB SET AMOUNT = 5 WHERE ID = 2", 'DELETE FROM JOB WHERE ID = 4'; $null = Sync-ShadowTable $live -Confirm:$false; $seen = Get-Value "SELECT LISTAGG(ID || ':' || AMOUNT, ' ') WITHIN GROUP (ORDER BY ID) FROM JOB_NEW WHERE ID IN (2, 4, 2000001)"; $seen, ($seen -eq '2:5.00 2000001:1.00') }
    Test-Claim Job - 'Test-ShadowTable passes' { $t = Test-ShadowTable $live -Confirm:$false; (@($t.Checks | Where-Object -Not Passed | ForEach-Object { "$($_.Name): $($_.Message)" }) -join '; '), $t.Passed }
    Test-Claim Job - 'Test-ShadowTable -Distribution profiles the columns of both tables, also in a sample by key' {
        $t = Test-ShadowTable $live -Distribution -Confirm:$false; $u = Test-ShadowTable $live -DistributionRows 100 -Confirm:$false; $sampled = @($u.Distributions.Shadow.SampledRows)[0]
        "drift $(@($t.Distributions | ForEach-Object { "$($_.Column) $($_.Drift)" }) -join ', '); $sampled rows in the sample", (@($t.Distributions | Where-Object { -not $_.Shadow.Rows }).Count -eq 0)
    }
    Test-Claim Job - 'Switch-Table: grants, comment and cluster key are on the live name, and the object is another' {
        $swapped = Switch-Table $live -Confirm:$false; $now = Get-Shown JOB
        "version $($swapped.Version), grants [$(Get-Grant JOB)], comment '$($now['comment'])', cluster $($now['cluster_by'])", ("$((Get-Born JOB))" -ne "$script:id" -and (Get-Grant JOB) -match 'SELECT' -and $now['comment'] -eq "the job's own" -and $now['cluster_by'] -match 'KIND')
    }
    Test-Claim 1.1 I 'Switch-Table -RecreatePipes -RecreateDynamicTables: both are as they were, on the new table' {
        $null = New-PastTable; Invoke-Sql 'CREATE STAGE IF NOT EXISTS LANDING', "CREATE OR REPLACE PIPE PI COMMENT = 'the pipe''s own' AS COPY INTO PAST FROM (SELECT `$1:ID, `$1:V FROM @LANDING/pipe/) FILE_FORMAT = (TYPE = JSON)",
            "CREATE OR REPLACE DYNAMIC TABLE DT TARGET_LAG = '1 day' WAREHOUSE = `"$($db.Warehouse)`" AS SELECT ID, V FROM PAST", "GRANT MONITOR ON PIPE PI TO ROLE $reader", "GRANT SELECT ON DYNAMIC TABLE DT TO ROLE $reader"
        $before = (Get-Value "SELECT GET_DDL('PIPE', 'PI', TRUE)"), (Get-Value "SELECT GET_DDL('DYNAMIC_TABLE', 'DT', TRUE)")
        $null = New-ShadowTable "$schema.PAST" -Where 'ID > 1' -Confirm:$false; $null = Test-ShadowTable "$schema.PAST" -Confirm:$false
        $s = Switch-Table "$schema.PAST" -RecreatePipes -RecreateDynamicTables -Confirm:$false; Invoke-Sql 'ALTER DYNAMIC TABLE DT REFRESH'
        $after = (Get-Value "SELECT GET_DDL('PIPE', 'PI', TRUE)"), (Get-Value "SELECT GET_DDL('DYNAMIC_TABLE', 'DT', TRUE)")
        $granted = @((Get-Row 'SHOW GRANTS ON PIPE PI') + (Get-Row 'SHOW GRANTS ON DYNAMIC TABLE DT') | Where-Object { $_['privilege'] -in 'MONITOR', 'SELECT' }).Count
        $seen = "rows $(Get-Value 'SELECT COUNT(*) FROM DT'), $(Get-Value "SELECT SYSTEM`$PIPE_STATUS('PI')"), $granted grants, differences [$($s.Differences -join '; ')], definitions $(if ("$before" -ceq "$after") { 'the same' } else { "$before || $after" })"
        Invoke-Sql 'DROP PIPE PI', 'DROP DYNAMIC TABLE DT'; $null = Undo-TableSwap "$schema.PAST" -Confirm:$false; $null = Remove-TableVersion "$schema.PAST" -Keep 0 -Confirm:$false
        $seen, ($seen -match '^rows 2, .*RUNNING.*, 2 grants, differences \[\], definitions the same$')
    }
    Test-Claim 1.9 I 'Cost: a clone has read nothing of the table, a test has read both, and partitions are told' {
        $null = New-PastTable; $s = New-ShadowTable "$schema.PAST" -Confirm:$false; $t = Test-ShadowTable "$schema.PAST" -Confirm:$false; $null = Remove-ShadowTable "$schema.PAST" -Confirm:$false
        "build: $($s.Cost); test: $($t.Cost)", ($s.Cost -and $t.Cost -and $t.Cost.BytesScanned -gt 0 -and $null -ne $t.Cost.PartitionsScanned)
    }
    Test-Claim 1.2 I 'New-ShadowTable -Before a statement: the rows before it, left so (-Feed None), are what the test proves' {
        $null = New-PastTable; Invoke-Sql 'DELETE FROM PAST WHERE ID > 1'; $id = Get-Value 'SELECT LAST_QUERY_ID()'
        $s = New-ShadowTable "$schema.PAST" -Before $id -Feed None -Confirm:$false; $t = Test-ShadowTable "$schema.PAST" -Confirm:$false
        $seen = "statement $id, $(Get-Value 'SELECT COUNT(*) FROM PAST_NEW') rows, passed $($t.Passed)"; $null = Remove-ShadowTable "$schema.PAST" -Confirm:$false; $seen, ($seen -match ' 3 rows, passed True')
    }
    Test-Claim 1.6 I 'New-ShadowTable -At a time with a feed: CHANGES from that time bring it up to date' {
        $null = New-PastTable; Start-Sleep 2; $then = [DateTimeOffset]::UnixEpoch.AddTicks([long](Get-Now) / 100); Start-Sleep 2; Invoke-Sql 'DELETE FROM PAST WHERE ID = 2', "INSERT INTO PAST VALUES (4, 'd')"
        $null = New-ShadowTable "$schema.PAST" -At $then -Feed ChangeTracking -Confirm:$false; $before = Get-Value 'SELECT LISTAGG(ID) WITHIN GROUP (ORDER BY ID) FROM PAST_NEW'
        $null = Sync-ShadowTable "$schema.PAST" -Confirm:$false; $t = Test-ShadowTable "$schema.PAST" -Confirm:$false
        $seen = "$before, then $(Get-Value 'SELECT LISTAGG(ID) WITHIN GROUP (ORDER BY ID) FROM PAST_NEW'), passed $($t.Passed)"; $null = Remove-ShadowTable "$schema.PAST" -Confirm:$false; $seen, ($seen -eq '123, then 134, passed True')
    }
    Test-Claim Job - 'Undo-TableSwap: the former table is back, or the rows written since are counted' {
        try { $null = Undo-TableSwap $live -Confirm:$false; $same = (Get-Born JOB) -eq $script:id; "the former object is back: $same", $same } catch { $_.Exception.Message, $false }
    }
    Test-Claim Job - 'Switch-Table -Method Overwrite and its undo: the object, its stream and its grants stay' {
        $born = Get-Born JOB; $rows = Get-Value 'SELECT COUNT(*) FROM JOB'; Invoke-Sql 'CREATE OR REPLACE STREAM JOB_S ON TABLE JOB'
        try {
            $null = New-ShadowTable $live -Where "KIND <> 'old'" -AddColumn 'NOTE VARCHAR(10) = KIND' -Method Overwrite -Force -Confirm:$false | Test-ShadowTable -Confirm:$false
            $swapped = Switch-Table $live -Confirm:$false -WarningAction SilentlyContinue; $kept = Get-Value "SELECT COUNT(*) FROM $($swapped.Version)"; $shown = Get-Value "SELECT COUNT(*) FROM JOB_S WHERE METADATA`$ACTION = 'DELETE'"
            $null = Undo-TableSwap $live -Confirm:$false -WarningAction SilentlyContinue; $back = Get-Value 'SELECT COUNT(*) FROM JOB'
            "version $kept of $rows row(s), stream showed $shown deleted, back to $back, object kept: $($born -eq (Get-Born JOB))", ($kept -eq $rows -and $back -eq $rows -and $shown -eq $rows -and $born -eq (Get-Born JOB))
        }
        catch { $_.Exception.Message, $false }
    }
}
finally {
    Write-Progress -Activity 'Acceptance' -Completed
    if ($KeepSchema) { Write-Warning "The schema $schema is left$(if (Get-Variable hasRole -ValueOnly -ErrorAction Ignore) { ", and the role $role" })." }
    else {
        foreach ($drop in "DROP SCHEMA IF EXISTS $schema CASCADE", "DROP ROLE IF EXISTS $role") {
            $failure = Get-Failure $drop
            if ($failure -ne 'no failure' -and $drop -match 'SCHEMA') { Write-Warning "$drop failed: $failure" }
        }
    }
    if (Get-Variable file -ErrorAction Ignore) { Remove-Item -LiteralPath $file -ErrorAction Ignore }
    $null = $main.DisposeAsync()
    Disconnect-EtlDatabase -All
}

if ($OutFile) { $claims | ConvertTo-Json | Set-Content -LiteralPath $OutFile -Encoding utf8 }
$claims
$different = @($claims | Where-Object Verdict -EQ 'DIFFERENT').Count
Write-Host ("{0} claims: {1} as stated, {2} different, {3} open ones seen, {4} not tested. Server {5}." -f $claims.Count, @($claims | Where-Object Verdict -EQ 'as stated').Count, $different, @($claims | Where-Object Verdict -EQ 'seen').Count, @($claims | Where-Object Verdict -EQ 'not tested').Count, $db.ServerVersion)
if ($different) { exit 2 }
