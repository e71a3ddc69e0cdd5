using EtlTableOps.Behaviour;

namespace EtlTableOps.Sqlite.Tests.Behaviour;

public sealed class SqliteWholeJobTests : WholeJobScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteDeclaredChangeTests : DeclaredChangeScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteImportTests : ImportScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteProofTests : ProofScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteVerdictTests : VerdictScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();

    [Fact]
    [Trait("Promise", "4")]
    public Task A_verdict_tells_of_indexes_and_of_what_was_put_on_the_shadow() => TellOfIndexesAndDependentsAsync();
}

public sealed class SqliteCheckTests : CheckScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteCompareTests : CompareScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();

    [Fact]
    public Task Keys_that_lie_thick_here_and_thin_there_are_found_by_their_values() => CompareByRangesAsync();

    [Fact]
    public Task Views_are_compared_like_tables() => CompareViewsAsync();

    [Fact]
    public async Task Rows_are_counted_while_they_are_read()
    {
        await World.ExecuteAsync("CREATE TABLE people (id integer PRIMARY KEY, name text)");
        await World.ExecuteAsync("INSERT INTO people WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 40) SELECT i, 'p' || i FROM s");
        await using var session = await Database.OpenSessionAsync(Token);
        Assert.Equal(0, session.RowsRead);
        var people = (await session.ReadShapeAsync(Tables.TableName.Parse("people", session.Dialect.Folding), Token))!;
        var content = new Checks.ContentQuery { From = people.Name, Columns = [.. people.Columns.Select(c => new Checks.ContentColumn(new Engines.SqlText(c.Name), c.Type))] };
        await session.QueryAsync(session.Dialect.Scan(new Checks.TableScan(content)), r => r.GetInt64(0), Token);
        Assert.Equal(40, session.RowsRead);
        await session.QueryAsync(session.Dialect.BucketSums(new Checks.HashedRows(content), new Checks.KeyCut(4)), r => r.GetInt64(0), Token);
        Assert.Equal(80, session.RowsRead);
        await session.DisposeAsync();
        Assert.Null(session.RowsRead);
    }

    [Fact]
    public async Task Keys_that_are_no_whole_numbers_in_a_column_of_whole_numbers_are_found_too()
    {
        foreach (var table in new[] { "mixed", "mixed_copy" })
        {
            await World.ExecuteAsync($"CREATE TABLE {table} (id integer NOT NULL PRIMARY KEY, v) WITHOUT ROWID");
            await World.ExecuteAsync($"INSERT INTO {table} VALUES (-5, 1), (1.5, 2), (7, 3), (1e30, 4), (900, 5)");
        }
        await World.ExecuteAsync("UPDATE mixed_copy SET v = 0 WHERE id IN (1.5, 7)");
        var request = new CompareRequest("mixed", "mixed_copy");
        // The greatest value is no whole number: no ranges. Without it there are, and 1.5 lies in between.
        Assert.Equal(["1.5", "7"], (await Operations.CompareAsync(request, Token)).Rows.Select(r => r.Key[0].Value));
        await World.ExecuteAsync("DELETE FROM mixed WHERE id > 1000");
        await World.ExecuteAsync("DELETE FROM mixed_copy WHERE id > 1000");
        Assert.Equal(["1.5", "7"], (await Operations.CompareAsync(request, Token)).Rows.Select(r => r.Key[0].Value));
        await World.ExecuteAsync("INSERT INTO mixed VALUES ('b', 7)");
        Assert.Equal(["'b'", "1.5", "7"], (await Operations.CompareAsync(request, Token)).Rows.Select(r => r.Key[0].Value).Order(StringComparer.Ordinal));
    }
}

public sealed class SqliteUndoTests : UndoScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteDependentTests : DependentScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLaterRowsTests : LaterRowsScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteConsumerTests : ConsumerScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteInterruptionTests : InterruptionScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteConcurrencyTests : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteNameTests : NameScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteShapeTests : ShapeScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteWhatIfTests : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteColumnFeedTests : ColumnFeedScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteSyncTests : SyncScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLedgerTests : LedgerScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}

public sealed class SqliteLoadTests : LoadScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();

    /// <summary>One writer at a time, and the disk has to write for each commit.</summary>
    protected override int Writes => 5;
}

public sealed class SqliteDistributionTests : DistributionScenarios
{
    protected override EngineWorld NewWorld() => new SqliteWorld();
}
