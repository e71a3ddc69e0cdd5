using System.Globalization;
using EtlTableOps.Behaviour;
using EtlTableOps.Testing;
using EtlTableOps.Testing.Ledgers;

namespace EtlTableOps.PostgreSql.Tests.Behaviour;

public sealed class PostgreSqlWholeJobTests(PostgreSqlCluster cluster) : WholeJobScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlDeclaredChangeTests(PostgreSqlCluster cluster) : DeclaredChangeScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlImportTests(PostgreSqlCluster cluster) : ImportScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlProofTests(PostgreSqlCluster cluster) : ProofScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlVerdictTests(PostgreSqlCluster cluster) : VerdictScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    [Fact]
    [Trait("Promise", "4")]
    public Task A_verdict_tells_of_indexes_and_of_what_was_put_on_the_shadow() => TellOfIndexesAndDependentsAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_verdict_tells_of_rights_policies_checks_and_foreign_keys_beyond_the_declaration()
    {
        await EventsTable.CreateAsync(World, 10);
        await World.ExecuteAsync("GRANT SELECT ON allevents TO PUBLIC");
        await BuildAsync(Declared.Nothing);
        Assert.Empty((await ProveAsync()).Structure);
        await World.ExecuteAsync("GRANT DELETE ON allevents_new TO PUBLIC");
        await World.ExecuteAsync("CREATE POLICY sneaked ON allevents_new USING (true)");
        await World.ExecuteAsync("ALTER TABLE allevents_new ADD CONSTRAINT at_least CHECK (user_id > -5)");
        await World.ExecuteAsync("CREATE TABLE kinds (kind text PRIMARY KEY)");
        await World.ExecuteAsync("INSERT INTO kinds SELECT DISTINCT kind FROM allevents");
        await World.ExecuteAsync("ALTER TABLE allevents_new ADD CONSTRAINT to_kinds FOREIGN KEY (kind) REFERENCES kinds");
        var found = await TestAsync();
        Assert.All(found.Structure, d => Assert.False(d.AsDeclared, $"{d}"));
        Assert.Equal(["check", "foreign key", "grant", "policy"], found.Structure.Select(d => d.Kind).Order(StringComparer.Ordinal));
        var right = Assert.Single(found.Structure, d => d.Kind == "grant");
        Assert.Equal((right.Live, true, true), (right.Declared, right.Shadow!.Contains("DELETE", StringComparison.Ordinal), right.Shadow.Contains("SELECT", StringComparison.Ordinal)));
    }
}

public sealed class PostgreSqlCheckTests(PostgreSqlCluster cluster) : CheckScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlCompareTests(PostgreSqlCluster cluster) : CompareScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    [Fact]
    public Task Keys_that_lie_thick_here_and_thin_there_are_found_by_their_values() => CompareByRangesAsync();

    [Fact]
    public Task Views_are_compared_like_tables() => CompareViewsAsync();

    [Fact]
    public async Task What_a_view_shows_is_compared_by_its_bytes_and_what_has_no_rows_is_refused()
    {
        await World.ExecuteAsync("CREATE COLLATION anyhow (provider = icu, locale = 'und-u-ks-level1', deterministic = false)");
        await World.ExecuteAsync("CREATE TABLE words (id bigint PRIMARY KEY, w text COLLATE anyhow)");
        await World.ExecuteAsync("INSERT INTO words VALUES (1, 'a'), (2, 'b')");
        await World.ExecuteAsync("CREATE VIEW shown AS SELECT * FROM words");
        await World.ExecuteAsync("CREATE MATERIALIZED VIEW kept AS SELECT id, CASE id WHEN 2 THEN 'B' COLLATE anyhow ELSE w END AS w FROM words");
        var found = await Operations.CompareAsync(new CompareRequest("shown", "kept") { Key = ["id"] }, Token);
        Assert.Equal("w: b → B", Assert.Single(Assert.Single(found.Rows).Values).ToString());
        var failure = await FailsAsync(Errors.ErrorCode.NotATable, () => Operations.CompareAsync(new CompareRequest("shown", "words_pkey"), Token));
        Assert.Contains("an index", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_said_meanwhile_how_long_both_sides_have_been_read()
    {
        await World.ExecuteAsync("CREATE TABLE slow (id bigint PRIMARY KEY)");
        await World.ExecuteAsync("INSERT INTO slow VALUES (1), (2), (3)");
        Told.Clear();
        await Operations.CompareAsync(new CompareRequest("slow", "slow") { Where = "pg_sleep(0.4) IS NOT NULL" }, Token);
        var told = Told.Events.OfType<Observability.RunProgress>().First(p => p.Title == "Add up both sides");
        Assert.Contains("so far", told.Remark, StringComparison.Ordinal);
        Assert.Equal((-1, false), (told.Percent, told.InRows));
    }
}

public sealed class PostgreSqlUndoTests(PostgreSqlCluster cluster) : UndoScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlDependentTests(PostgreSqlCluster cluster) : DependentScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlLaterRowsTests(PostgreSqlCluster cluster) : LaterRowsScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlConsumerTests(PostgreSqlCluster cluster) : ConsumerScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlInterruptionTests(PostgreSqlCluster cluster) : InterruptionScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlConcurrencyTests(PostgreSqlCluster cluster) : ConcurrencyScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlNameTests(PostgreSqlCluster cluster) : NameScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlShapeTests(PostgreSqlCluster cluster) : ShapeScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlWhatIfTests(PostgreSqlCluster cluster) : WhatIfScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlColumnFeedTests(PostgreSqlCluster cluster) : ColumnFeedScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlSyncTests(PostgreSqlCluster cluster) : SyncScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}

public sealed class PostgreSqlLedgerTests(PostgreSqlCluster cluster) : LedgerScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    protected override async Task CreateInRegionsAsync()
    {
        await World.ExecuteAsync($"CREATE TABLE allevents ({RegionColumns}) PARTITION BY LIST (region)");
        await World.ExecuteAsync("CREATE TABLE events_r0 PARTITION OF allevents FOR VALUES IN ('r0'); CREATE TABLE events_rest PARTITION OF allevents DEFAULT");
        await FillRegionsAsync();
    }

    protected override IReadOnlyList<(string Sql, Func<LedgerRow, bool> Concerns)> EmptyingRegions =>
        [.. base.EmptyingRegions, ("TRUNCATE events_r0", row => row.Id % 3 == 0), ("TRUNCATE events_rest", row => row.Id % 3 != 0)];
}

public sealed class PostgreSqlLoadTests(PostgreSqlCluster cluster) : LoadScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);

    /// <summary>Statements that were prepared before the table was another one.</summary>
    protected override string First => """
        PREPARE one_row (integer) AS SELECT event_id, event_ts, user_id, kind, country, amount, payload FROM allevents WHERE event_id = $1;
        PREPARE change (integer) AS UPDATE allevents SET country = 'IT', amount = $1 % 100 WHERE event_id = $1
        """;

    protected override string Read(int id) => string.Create(CultureInfo.InvariantCulture, $"EXECUTE one_row ({id})");

    protected override string Write(int id) => string.Create(CultureInfo.InvariantCulture, $"EXECUTE change ({id})");
}

public sealed class PostgreSqlDistributionTests(PostgreSqlCluster cluster) : DistributionScenarios
{
    protected override EngineWorld NewWorld() => new PostgreSqlWorld(cluster);
}
