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
